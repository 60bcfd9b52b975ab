"""A cover in the workspace: from songs to ``covers/NAME/``, or a sheet to choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from thresher.art.character import FEATURES, Character, character
from thresher.art.config import ArtConfig
from thresher.art.design import Design, design
from thresher.art.listening import Portrait, together
from thresher.art.sources import Source, find_songs, hear
from thresher.disk import content_hash, read_manifest, whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, record
from thresher.settings import to_mapping
from thresher.workspace import Workspace, slug

PICTURE = "cover.png"


@dataclass(frozen=True)
class Cover:
    """A cover that was drawn."""

    name: str
    folder: Path
    seed: int
    composition: str
    scheme: str
    left_out: str
    """Letters of artist and title that no font had."""

    @property
    def picture(self) -> Path:
        """The large picture."""
        return self.folder / PICTURE


@dataclass(frozen=True)
class Study:
    """Songs heard, ready for any number of designs."""

    sources: tuple[Source, ...]
    song: Portrait
    character: Character

    @property
    def seed(self) -> int:
        """From the samples themselves: the same song always has the same cover."""
        return int(self.song.fingerprint[:8], 16)


def draw_cover(
    workspace: Workspace,
    songs: Sequence[str],
    *,
    artist: str,
    title: str,
    config: ArtConfig | None = None,
    seed: int | None = None,
    name: str | None = None,
    release: Sequence[str] = (),
) -> Cover:
    """Draw one cover from one or several songs; the same order again finds it done.

    Args:
        workspace: where ``covers/NAME/`` will stand.
        songs: songs of the workspace, or paths of audio files.
        artist: set on the cover, whatever it holds.
        title: the same; also the default name.
        config: knobs.
        seed: 0 to 2^32 - 1; by default from the songs' own samples.
        name: of the cover's folder.
        release: all songs that will stand together. The picture then shows how ``songs``
            differ from these, rather than from metal at large.

    Raises:
        ThresherError: a song is missing or cannot be read; the disk is full.
    """
    config = config or ArtConfig()
    folder = workspace.cover(name or slug(title))
    stages = Stages()
    study = study_songs(workspace, songs, release=release, config=config, stages=stages)
    seed = _checked_seed(study.seed if seed is None else seed)
    order = {"artist": artist, "title": title, "character": _numbers(study.character)}
    done = _already(folder, study, seed, config, order)
    if done is not None:
        return done
    with stages.measure("design"):
        plan = design(
            study.song, study.character, seed=seed, artist=artist, title=title, config=config
        )
    with whole_folder(folder) as part:
        with stages.measure("draw"):
            sheet = plan.render(config.size)
        with stages.measure("save"):
            files = _save(sheet, config.copies, part)
        manifest = new_manifest(
            kind="cover",
            id=folder.name,
            settings=to_mapping(config),
            seed=seed,
            parents=[source.parent for source in study.sources],
            stages=stages,
            files=files,
            more={**order, **_chosen(plan), "heard": _heard(study.song)},
        )
        write_manifest(part, manifest)
    record(workspace.journal, folder)
    return _cover(folder, manifest)


def study_songs(
    workspace: Workspace,
    songs: Sequence[str],
    *,
    release: Sequence[str] = (),
    config: ArtConfig,
    stages: Stages,
) -> Study:
    """Hear songs and say what they are like beside their release.

    Raises:
        ThresherError: a song is missing or cannot be read.
    """
    sources, others = find_songs(workspace, songs), release and find_songs(workspace, release)
    with stages.measure("listen") as stage:
        song = together(hear(sources, config.longest_s, stage))
        beside = hear(others or (), config.longest_s, stage)
    return Study(tuple(sources), song, character(song, beside, strength=config.music))


def _checked_seed(seed: int) -> int:
    if not 0 <= seed < 2**32:
        raise ThresherError(f"seed {seed} is outside 0 to {2**32 - 1}")
    return seed


def _already(
    folder: Path, study: Study, seed: int, config: ArtConfig, order: dict[str, Any]
) -> Cover | None:
    """The cover that stands there, if it is exactly the one ordered and still whole."""
    try:
        manifest = read_manifest(folder, kind="cover")
    except ThresherError:
        return None
    wanted = {
        "settings": to_mapping(config),
        "seed": seed,
        "parents": [source.parent for source in study.sources],
        **order,
    }
    if any(manifest.get(key) != value for key, value in wanted.items()):
        return None
    for file, digest in manifest["files"].items():
        if not (folder / file).is_file() or content_hash(folder / file) != digest:
            return None
    return _cover(folder, manifest)


def _cover(folder: Path, manifest: dict[str, Any]) -> Cover:
    return Cover(
        name=folder.name,
        folder=folder,
        seed=manifest["seed"],
        composition=manifest["composition"],
        scheme=manifest["scheme"],
        left_out=(manifest["lettering"] or {}).get("left_out", ""),
    )


def _save(
    sheet: UInt8[np.ndarray, "size size 3"], copies: Iterable[int], folder: Path
) -> dict[str, str]:
    """PNG at every size, and their hashes."""
    picture = Image.fromarray(sheet)
    pictures = {PICTURE: picture}
    for size in copies:
        pictures[f"cover-{size}.png"] = picture.resize((size, size), Image.Resampling.LANCZOS)
    for file, image in pictures.items():
        # Grain does not compress: higher levels take seconds and gain two per cent.
        image.save(folder / file, compress_level=3)
    return {file: content_hash(folder / file) for file in pictures}


def _chosen(plan: Design) -> dict[str, Any]:
    setting = plan.setting
    return {
        "composition": plan.composition,
        "scheme": plan.scheme,
        "hue_degrees": round(plan.look.palette.hue, 3),
        "lettering": None
        if setting is None
        else {
            "layout": setting.layout,
            "lines": [line.text for line in setting.lines],
            "faces": sorted({Path(line.typeface.path).name for line in setting.lines}),
            "left_out": setting.left_out,
        },
    }


def _numbers(one: Character) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in vars(one).items()}


def _heard(song: Portrait) -> dict[str, float | int]:
    numbers = {name: round(float(getattr(song, name)), 4) for name in FEATURES}
    return {"seconds": round(song.seconds, 3), **numbers, "key": song.key}
