"""A ``.nam`` file as plain data: JSON with an architecture, its settings and a list of numbers.

sdatkinson/neural-amp-modeler, docs/source/model-file.rst. What the settings mean is told in
`nam_dialects`, what the numbers mean in `nam_weights`. A stranger's file is asked for its size
before it is read, and for every type before it is used.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float32

from thresher.errors import ThresherError

LARGEST_BYTES = 16_000_000
"""Some 700,000 numbers: eighteen times what anything playable holds."""

LARGEST_NUMBER = float(np.finfo(np.float32).max)

OLDEST, NEWEST = (0, 5, 0), (0, 7, 0)
"""File versions that are known (NeuralAmpModelerCore, NAM/get_dsp.h)."""

WRITTEN_VERSION = "0.5.4"
"""The last version that every plugin reads."""

USUAL_RATE = 48_000
"""Of files that do not say."""

PLAYED = "a capture in NAM's standard, lite, feather or nano architecture, or an LSTM"
"""What to look for instead, where nothing else is said."""


@dataclass(frozen=True, kw_only=True)
class NamFile:
    """What a file says."""

    architecture: str
    """``WaveNet`` or ``LSTM``, or another that we may not know."""
    config: Mapping[str, Any]
    weights: Float32[np.ndarray, " numbers"]
    sample_rate: int = USUAL_RATE
    metadata: Mapping[str, Any]
    version: str = WRITTEN_VERSION


def read_nam(path: Path) -> NamFile:
    """Read a file, and check all of it that does not depend on the architecture.

    Raises:
        ThresherError: it is missing, too large, not JSON, of an unknown version, or holds
            something other than finite numbers as weights.
    """
    document = _object("the file", _parsed(path), path)
    for key in ("version", "architecture", "config", "weights"):
        if key not in document:
            raise refused(f"it has no '{key}'", path)
    architecture = document["architecture"]
    if not isinstance(architecture, str):
        raise refused(f"'architecture' is {_shown(architecture)}, not a name", path)
    return NamFile(
        architecture=architecture,
        config=_object("'config'", document["config"], path),
        weights=_numbers(document["weights"], path),
        sample_rate=_sample_rate(document.get("sample_rate"), path),
        metadata=_object("'metadata'", document.get("metadata") or {}, path),
        version=_known_version(document["version"], path),
    )


def nam_text(file: NamFile) -> str:
    """The file's text; numbers are written so that they are read back to the last bit.

    Raises:
        ThresherError: something in it is not finite.
    """
    document = {
        "version": file.version,
        "metadata": dict(file.metadata),
        "architecture": file.architecture,
        "config": dict(file.config),
        "weights": file.weights.tolist(),
        "sample_rate": file.sample_rate,
    }
    try:
        return json.dumps(document, allow_nan=False)
    except ValueError:
        raise ThresherError("the network holds numbers that are not finite: no .nam") from None


def refused(problem: str, path: Path, hint: str = PLAYED) -> ThresherError:
    """Why a file cannot be used, and what would help."""
    return ThresherError(f"{path.name}: {problem}", looked_at=path, hint=hint)


def _parsed(path: Path) -> Any:
    def no_number(name: str) -> NoReturn:
        raise refused(f"it holds {name}", path, hint="export it again from a sound training run")

    try:
        if not path.is_file():
            raise ThresherError(
                f"there is no file {path.name}", looked_at=path, hint="the path of a .nam file"
            )
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise refused(
                f"{size / 1e6:,.0f} MB is no model that could play: at most "
                f"{LARGEST_BYTES / 1e6:.0f} MB",
                path,
            )
        return json.loads(path.read_text("utf-8"), parse_constant=no_number)
    except (OSError, ValueError, RecursionError) as error:
        said = f"{type(error).__name__}: {error}"[:200]
        raise refused(
            f"not a .nam file, or cut off ({said})", path, hint="copy or download it again"
        ) from None


def _object(name: str, value: Any, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refused(f"{name} is {_shown(value)}, not an object", path)
    return value


def _known_version(value: Any, path: Path) -> str:
    parts = re.fullmatch(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", str(value))
    if parts is None or not OLDEST <= tuple(map(int, parts.groups())) <= NEWEST:
        raise refused(
            f"version {_shown(value)} is not known",
            path,
            hint=f"versions {'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}",
        )
    return str(value)


def _sample_rate(value: Any, path: Path) -> int:
    if value is None or value == -1:  # what the plugins' core says for "not told"
        return USUAL_RATE
    sound = isinstance(value, int | float) and not isinstance(value, bool)
    if not sound or not 1_000 <= value <= 1_000_000 or value != int(value):
        raise refused(f"sample_rate {_shown(value)} is not a whole number of Hz", path)
    return int(value)


def _numbers(values: Any, path: Path) -> Float32[np.ndarray, " numbers"]:
    if not isinstance(values, list):
        raise refused(f"'weights' is {_shown(values)}, not a list", path)
    for place, value in enumerate(values):
        sound = isinstance(value, int | float) and not isinstance(value, bool)
        if not sound or not abs(value) <= LARGEST_NUMBER or math.isnan(value):
            raise refused(f"weight {place} is {_shown(value)}, not a finite number", path)
    return np.array(values, np.float32)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
