"""A stream between two blocks, as one file: tensors in safetensors, all else as its JSON.

Nothing in it is unpickled, and every claim is checked before a sampler sees it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import safetensors.numpy
from pydantic import Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from thresher.disk import whole_file
from thresher.errors import ThresherError
from thresher.generation.plan import Plan
from thresher.models.family import Engine

FORMAT = 1
_KEY = "thresher-stream"
_HINT = "another state, or leave --state out to begin anew"

Voice = Mapping[str, np.ndarray]
"""What `Voices.state` gave."""


class Recorded(NamedTuple):
    """A sound file that the stream was written to, and how far."""

    file: str
    """Its name, without folders."""
    samples: int


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """All that the rest of a stream depends on, besides the voice's own arrays."""

    format: int
    plan: Plan
    made_of: Mapping[str, Any]
    """All that its sound depends on, files by their hash."""
    family: str
    engine: Engine
    seed: Annotated[int, Field(ge=0)]
    """Of the sound to come; the plan's own seed until the stream was forked."""
    position: Annotated[int, Field(ge=0)]
    """Samples since the stream began, forks and all."""
    recorded: Recorded | None
    sha256: str
    """Of the arrays."""


def write_state(path: Path, state: StreamState, voice: Voice) -> None:
    """Write a state, whole; what stood there before is replaced.

    Raises:
        ThresherError: the disk is full or the folder cannot be written.
    """
    text = TypeAdapter(StreamState).dump_json(state).decode()
    arrays = {name: np.ascontiguousarray(part) for name, part in voice.items()}
    with whole_file(path) as part:
        safetensors.numpy.save_file(arrays, part, metadata={_KEY: text})


def read_state(path: Path) -> tuple[StreamState, Voice]:
    """Read a state and check that it is one, whole and finite.

    Raises:
        ThresherError: missing, cut off, changed, not a stream's, not finite, or written by
            a later Thresher.
    """
    try:
        with safe_open(path, "np") as file:
            said = (file.metadata() or {}).get(_KEY)
            voice = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise _broken(path, f"cannot be read: {error}") from None
    if said is None:
        raise _broken(path, "holds arrays, but no stream")
    state = _checked(said, path)
    if arrays_hash(voice) != state.sha256:
        raise _broken(path, "is not as it was saved (its SHA-256 differs)")
    for name, part in voice.items():
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            raise _broken(path, f"holds '{name}', which is not finite")
    return state, voice


def arrays_hash(voice: Voice) -> str:
    """SHA-256 over names, kinds, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(voice):
        part = voice[name]
        digest.update(f"{name} {part.dtype.str} {part.shape} ".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _checked(text: str, path: Path) -> StreamState:
    try:
        plain = json.loads(text)
        number = plain.get("format") if isinstance(plain, dict) else None
        if isinstance(number, int) and number > FORMAT:
            raise ThresherError(
                f"this stream has format {number}, newer than this Thresher's {FORMAT}",
                looked_at=path,
                hint="update Thresher",
            )
        return TypeAdapter(StreamState).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise _broken(path, f"garbles '{where}': {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"cannot be read: {error}") from None


def _broken(path: Path, complaint: str) -> ThresherError:
    return ThresherError(f"{path.name} {complaint}", looked_at=path, hint=_HINT)
