"""A checkpoint folder: what a model is, in JSON, and its weights, in safetensors.

Nothing in it is ever unpickled, so a stranger's checkpoint can be opened without trusting
the stranger. Every claim it makes (hashes, shapes, settings) is checked before it is used.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import safetensors.torch
import torch
from pydantic import Field, TypeAdapter, ValidationError
from safetensors import SafetensorError
from torch import Tensor, nn

import thresher
from thresher import models
from thresher.disk import content_hash, read_json, read_manifest, whole_file, write_json
from thresher.errors import ThresherError
from thresher.models.family import Family, Stage
from thresher.settings import from_mapping, to_mapping
from thresher.workspace import checked_name

CHECKPOINT = "checkpoint.json"
FORMAT = 1

CHOICES = ("best", "latest", "sound", "recommended")
"""Checkpoints that a run's manifest names: lowest held-out loss, newest, best by sound, and
the one that training recommends, all things considered."""

WeightType = Literal["float32", "bfloat16", "float16"]
"""How weights lie on disk; in memory they are always float32 again."""

_BROKEN = "use another checkpoint of the run, or copy this one again"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a checkpoint folder says, without its weights."""

    family: str
    """Name in the catalogue (`thresher.models.FAMILIES`)."""
    stages: tuple[str, ...]
    """Stages whose weights are here, in training order; fewer than the family's while a
    family of several stages is still being trained."""
    config: Any
    """The family's config object."""
    sample_rate: int
    artists: tuple[str, ...] = ()
    step: int = 0
    held_out: float | None = None
    """The family's ``measure`` (bits per sample, where it predicts codes) on held-out music when
    it was saved; None where nothing was held out."""
    meta: dict[str, Any] = field(default_factory=dict)
    """Whatever else its maker wants to remember, JSON-ready."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by file name; `save_checkpoint` fills it in."""
    folder: Path = Path()
    """Where it was opened; `save_checkpoint` does not look at it."""

    def networks(self) -> dict[str, nn.Module]:
        """Build every stage and load its weights: float32, on the CPU, in eval mode.

        Raises:
            ThresherError: an unknown family or stage, or weights that are missing, cut
                off, changed, of another network, or not finite.
        """
        family = models.family_named(self.family)
        return {
            name: self._network(_stage_named(family, name, self.folder)) for name in self.stages
        }

    def _network(self, stage: Stage) -> nn.Module:
        path = self.folder / f"{stage.name}.safetensors"
        weights = _read_weights(path, self.files.get(path.name))
        network = _build(stage, self.config, self.folder)
        _check_fit(weights, network.state_dict(), path)
        network.load_state_dict(weights, strict=True)
        return network.eval().requires_grad_(False)


def save_checkpoint(
    folder: Path,
    checkpoint: Checkpoint,
    networks: Mapping[str, nn.Module | Mapping[str, Tensor]],
    *,
    dtype: WeightType = "float32",
) -> Checkpoint:
    """Write ``checkpoint.json`` and one ``<stage>.safetensors`` per stage into a folder.

    The folder is the caller's, most often one given by `thresher.disk.whole_folder`, so
    that a checkpoint is there whole or not at all. ``dtype`` stores floating weights in
    two bytes, to ship them small. Returns the checkpoint with its hashes.

    Raises:
        ThresherError: a stage without a network, a weight that is not finite (or is too
            large for ``dtype``), or a full disk.
    """
    files = {}
    for stage in checkpoint.stages:
        if stage not in networks:
            raise ThresherError(f"no network was given for stage '{stage}'", looked_at=folder)
        path = folder / f"{stage}.safetensors"
        _write_weights(path, _plain_tensors(networks[stage], getattr(torch, dtype)))
        files[path.name] = content_hash(path)
    held_out = checkpoint.held_out
    document = _Document(
        format=FORMAT,
        family=checkpoint.family,
        stages=list(checkpoint.stages),
        config=to_mapping(checkpoint.config),
        sample_rate=checkpoint.sample_rate,
        artists=list(checkpoint.artists),
        step=checkpoint.step,
        # JSON knows no infinity; a model that was never measured says null as well.
        held_out=held_out if held_out is not None and math.isfinite(held_out) else None,
        files=files,
        meta=checkpoint.meta,
    )
    write_json(folder / CHECKPOINT, asdict(document))
    return _from_document(folder, document)


def open_checkpoint(folder: Path) -> Checkpoint:
    """Read what a checkpoint is; its weights wait for `Checkpoint.networks`.

    Raises:
        ThresherError: no checkpoint, a broken one, one written by a later Thresher, or
            one of a family or with settings that this Thresher does not have.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise ThresherError(
            f"{folder.name!r} is not a checkpoint: it has no {CHECKPOINT}",
            looked_at=folder,
            hint="a folder named step-… inside a run's checkpoints/",
        )
    return _from_document(folder, _checked_document(read_json(path), path))


def shipped_model(family: str) -> Path | None:
    """The checkpoint of a family that comes with Thresher: it has heard the bundled songs."""
    folder = Path(thresher.__file__).parent / "shipped" / family
    return folder if (folder / CHECKPOINT).is_file() else None


def find_checkpoint(run_folder: Path, which: str = "best") -> Path:
    """Folder of a run's checkpoint: one of `CHOICES`, or one named ``step-…``.

    Raises:
        ThresherError: no such run, or no such checkpoint (naming those there are).
    """
    name = which
    if which in CHOICES:
        written = read_manifest(run_folder, kind="run").get(which)
        name = written if isinstance(written, str) else ""
    folder = run_folder / "checkpoints" / (checked_name(name) if name else "nothing")
    if name and (folder / CHECKPOINT).is_file():
        return folder
    there = sorted(path.parent.name for path in run_folder.glob(f"checkpoints/step-*/{CHECKPOINT}"))
    raise ThresherError(
        f"run '{run_folder.name}' has no {which} checkpoint",
        looked_at=run_folder / "checkpoints",
        hint=", ".join(there[-3:]) if there else "train it until its first checkpoint",
    )


@dataclass(frozen=True, kw_only=True)
class _Document:
    """``checkpoint.json`` as it is written."""

    format: int
    family: str
    stages: list[str]
    config: dict[str, Any]
    sample_rate: Annotated[int, Field(gt=0)]
    artists: list[str]
    step: Annotated[int, Field(ge=0)]
    held_out: Annotated[float, Field(allow_inf_nan=False)] | None
    files: dict[str, str]
    meta: dict[str, Any]


def _checked_document(value: Any, path: Path) -> _Document:
    number = value.get("format") if isinstance(value, dict) else None
    if isinstance(number, int) and number > FORMAT:
        raise ThresherError(
            f"this checkpoint has format {number}, newer than this Thresher's {FORMAT}",
            looked_at=path,
            hint="update Thresher",
        )
    if isinstance(value, dict) and "bits" in value:
        # What checkpoints said before there were families that are not measured in bits.
        value = {"held_out": value["bits"], **value}
    try:
        # JSON's strict mode, as in settings: 1 may fill a float, "1" is never a number.
        return TypeAdapter(_Document).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise ThresherError(
            f"{path.name}: '{where}': {first['msg']}", looked_at=path, hint=_BROKEN
        ) from None


def _from_document(folder: Path, document: _Document) -> Checkpoint:
    family = models.family_named(document.family)
    for stage in document.stages:
        _stage_named(family, stage, folder)
    return Checkpoint(
        family=document.family,
        stages=tuple(document.stages),
        config=from_mapping(family.config, document.config, origin=str(folder / CHECKPOINT)),
        sample_rate=document.sample_rate,
        artists=tuple(document.artists),
        step=document.step,
        held_out=document.held_out,
        meta=document.meta,
        files=document.files,
        folder=folder,
    )


def _stage_named(family: Family, name: str, folder: Path) -> Stage:
    for stage in family.stages:
        if stage.name == name:
            return stage
    raise ThresherError(
        f"family '{family.name}' has no stage {name!r}",
        looked_at=folder / CHECKPOINT,
        hint=", ".join(stage.name for stage in family.stages),
    )


def _build(stage: Stage, config: Any, folder: Path) -> nn.Module:
    try:
        # Initial weights are overwritten at once: they must not use up anyone's random numbers.
        with torch.random.fork_rng(devices=[]):
            return stage.build(config)
    except (RuntimeError, MemoryError, ValueError) as error:
        raise ThresherError(
            f"stage '{stage.name}' cannot be built from its settings: {error}",
            looked_at=folder / CHECKPOINT,
            hint=_BROKEN,
        ) from error


def _plain_tensors(
    network: nn.Module | Mapping[str, Tensor], dtype: torch.dtype
) -> dict[str, Tensor]:
    state = network.state_dict() if isinstance(network, nn.Module) else network
    # Cloned, because safetensors refuses tensors that share memory (tied weights do).
    return {
        name: tensor.detach()
        .to("cpu", dtype if tensor.is_floating_point() else tensor.dtype)
        .clone(memory_format=torch.contiguous_format)
        for name, tensor in state.items()
    }


def _write_weights(path: Path, weights: dict[str, Tensor]) -> None:
    _check_finite(weights, path, hint="lower the learning rate; the checkpoint before is intact")
    with whole_file(path) as part:
        try:
            safetensors.torch.save_file(weights, part)
        except SafetensorError as error:  # the writer wraps the system's own error
            raise _as_disk_error(error, path) from error


def _as_disk_error(error: SafetensorError, path: Path) -> ThresherError:
    full = "No space left" in str(error) or "os error 28" in str(error)
    return ThresherError(
        f"the disk is full: could not write {path.name}" if full else f"cannot write: {error}",
        looked_at=path,
        hint="free some space and run the same command again",
    )


def _read_weights(path: Path, expected_hash: str | None) -> dict[str, Tensor]:
    if not path.is_file():
        raise ThresherError(f"{path.name} is missing", looked_at=path, hint=_BROKEN)
    try:
        if content_hash(path) != expected_hash:
            raise ThresherError(
                f"{path.name} is not the file that was saved (its SHA-256 differs)",
                looked_at=path,
                hint=_BROKEN,
            )
        weights: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise ThresherError(
            f"cannot read {path.name}: {error}", looked_at=path, hint=_BROKEN
        ) from error
    return weights


def _check_fit(weights: Mapping[str, Tensor], network: Mapping[str, Tensor], path: Path) -> None:
    """Refuse weights that are not exactly the network's: names, shapes, kinds, finiteness."""
    missing, extra = (
        sorted(network.keys() - weights.keys()),
        sorted(weights.keys() - network.keys()),
    )
    if missing or extra:
        complaint = f"lacks {_some(missing)}" if missing else f"has unexpected {_some(extra)}"
        raise ThresherError(f"{path.name} {complaint}", looked_at=path, hint=_BROKEN)
    for name, tensor in weights.items():
        wanted = network[name]
        if tensor.shape != wanted.shape or tensor.is_floating_point() != wanted.is_floating_point():
            raise ThresherError(
                f"{path.name}: {name} is {_shown(tensor)}, the settings ask for {_shown(wanted)}",
                looked_at=path,
                hint=_BROKEN,
            )
    _check_finite(weights, path, hint=_BROKEN)


def _check_finite(weights: Mapping[str, Tensor], path: Path, *, hint: str) -> None:
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ThresherError(f"{path.name}: {name} is not finite", looked_at=path, hint=hint)


def _shown(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
