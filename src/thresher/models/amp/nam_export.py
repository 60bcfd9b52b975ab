"""A trained amplifier as a ``.nam`` file, written only if a second reader hears the same in it."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

import thresher
from thresher.disk import whole_file
from thresher.errors import ThresherError
from thresher.models.amp.nam_dialects import settings_of
from thresher.models.amp.nam_file import NamFile, nam_text
from thresher.models.amp.nam_rewrite import knob_values, with_knobs_set, with_skip_inside
from thresher.models.amp.nam_twin import play_nam
from thresher.models.amp.nam_weights import numbers_of
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.riffs import riff

Gear = Literal["amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio"]
Tone = Literal["clean", "overdrive", "crunch", "hi_gain", "fuzz"]

REFERENCE_DB = -15.0
"""RMS, dB re full scale, of the sound that loudness is told of: that of NAM's own clip (models/
_resources/loudness_input.wav, measured), which we do not ship."""

REFERENCE_SECONDS, NULL_SECONDS = 5.0, 0.25

TOLERANCE = 3e-6
"""Of the loudest sample, or of full scale if that is more: float32 in one, float64 in the other."""


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What people are told about a file; plugins show it and set their levels by it."""

    name: str | None = None
    modeled_by: str | None = None
    gear_type: Gear | None = None
    gear_make: str | None = None
    gear_model: str | None = None
    tone_type: Tone | None = None
    input_level_dbu: float | None = None
    """dBu of a 1 kHz sine whose peak is full scale at the interface's output."""
    output_level_dbu: float | None = None
    """The same at its input, where the amplifier was recorded."""


class Exported(NamedTuple):
    """What was written, and how well it was read back."""

    numbers: int
    bytes: int
    difference: float
    """Largest difference between the network and the second reader; full scale is 1."""
    samples: int
    """Compared."""
    loudness_db: float


def export_nam(
    network: AmpNetwork,
    path: Path,
    tags: Tags,
    *,
    knobs: Mapping[str, float] | None = None,
    validation_esr: float | None = None,
    gated: bool = False,
) -> Exported:
    """Write an amplifier as ``.nam``, its knobs where ``knobs`` says (else half-way).

    ``gated`` allows gated layers, which some readers pass over without a word.

    Raises:
        ThresherError: no ``.nam`` can hold it, or what was written sounds different; then
            nothing is left at ``path`` that was not there before.
    """
    _check(network, path, gated)
    values = knob_values(network.config, knobs or {})
    settled = with_knobs_set(network, knobs or {})
    plain = with_skip_inside(settled)
    loudness_db = _loudness_db(settled)
    about = _metadata(tags, loudness_db, validation_esr)
    about["thresher"]["knobs"] = dict(zip(network.config.knobs, values, strict=True))
    file = NamFile(
        architecture="LSTM" if plain.config.architecture == "lstm" else "WaveNet",
        config=settings_of(plain.config),
        weights=numbers_of(plain),
        sample_rate=plain.config.sample_rate,
        metadata=about,
    )
    text, dry = nam_text(file), _null_sound(plain.config.sample_rate)
    with whole_file(path) as part:
        part.write_text(text, "utf-8")
        difference = _difference(settled, part, dry)
    return Exported(len(file.weights), len(text), difference, len(dry), loudness_db)


def amplify(
    network: AmpNetwork, dry: Float32[np.ndarray, " samples"]
) -> Float32[np.ndarray, " samples"]:
    """What the network itself makes of a sound that silence went before."""
    with torch.inference_mode():
        heard = torch.from_numpy(dry)[None]
        wet: Float32[np.ndarray, " samples"] = network.play_from(network.at_rest(1), heard)[0][
            0
        ].numpy()
    return wet


def _check(network: AmpNetwork, path: Path, gated: bool) -> None:
    config = network.config
    if path.suffix != ".nam":
        raise ThresherError(
            f"{path.name} does not end in .nam", looked_at=path, hint=f"{path.stem}.nam"
        )
    if config.architecture == "va":
        raise ThresherError(
            "no .nam can hold an amplifier of architecture 'va'",
            hint="thresher train amp CORPUS --preset standard, lite, feather, nano or lstm32",
        )
    if config.gated and config.architecture == "wavenet" and not gated:
        raise ThresherError(
            "this amplifier is gated: neural-amp-modeler reads such a file as another network, "
            "without a word",
            hint="--gated, if only plugins are to read it",
        )


def _metadata(tags: Tags, loudness_db: float, validation_esr: float | None) -> dict[str, Any]:
    now = datetime.datetime.now()
    told = {key: value for key, value in asdict(tags).items() if value is not None}
    parts = ("year", "month", "day", "hour", "minute", "second")
    about: dict[str, Any] = {"date": {part: getattr(now, part) for part in parts}}
    # Plugins want a number or no such key; silence has no loudness.
    if np.isfinite(loudness_db):
        about["loudness"] = loudness_db
    about |= told
    if validation_esr is not None:
        about["training"] = {"validation_esr": validation_esr}
    about["thresher"] = {
        "version": thresher.__version__,
        "loudness": f"approximate: of a plucked riff at {REFERENCE_DB:g} dB RMS, not of NAM's clip",
    }
    return about


def _loudness_db(network: AmpNetwork) -> float:
    rate = network.config.sample_rate
    dry = riff(0, 0, int(REFERENCE_SECONDS * rate), rate)
    dry = dry * np.float32(10 ** (REFERENCE_DB / 20) / np.sqrt(np.mean(dry.astype(float) ** 2)))
    power = float(np.mean(amplify(network, dry).astype(float) ** 2))
    return float(10 * np.log10(power)) if power > 0 else float("-inf")


def _null_sound(sample_rate: int) -> Float32[np.ndarray, " samples"]:
    """A plucked string, noise, and what rings on in silence."""
    count = int(NULL_SECONDS * sample_rate)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, count).astype(np.float32)
    parts = [riff(1, 0, count, sample_rate), noise, np.zeros(count // 4, np.float32)]
    return np.concatenate(parts)


def _difference(network: AmpNetwork, part: Path, dry: Float32[np.ndarray, " samples"]) -> float:
    wanted = amplify(network, dry)
    difference = float(np.abs(play_nam(part, dry) - wanted).max())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(wanted).max())):  # NaN too
        raise ThresherError(
            f"the file read back differs from the network by {difference:.1e}; nothing is written",
            hint="another --checkpoint: such weights are beyond what a .nam carries faithfully",
        )
    return difference
