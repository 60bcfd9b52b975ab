"""The edit list: all that is needed to make the song again, sample for sample."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thresher.disk import read_json
from thresher.errors import ThresherError

EDITS = "edits.json"
BITS = 24
"""Of the song's FLAC: room below for the fade-out and for mastering later."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One stretch of one clip. In the song it overlaps the one before by ``overlap``."""

    clip: str
    """What reports call the clip."""
    path: str
    """Where its file is; relative to the workspace when it lies inside."""
    sha256: str
    """Of the file."""
    run: str
    clip_seed: int | None
    source_in: int
    """First sample taken from the clip, counted in the clip's own samples."""
    source_out: int
    """One after the last."""
    song_in: int
    """Where its first sample lies in the song."""
    song_out: int
    overlap: int
    """Samples shared with the edit before, faded into each other with equal power."""
    gain: float
    """Linear factor."""
    score: dict[str, float | int]
    """The numbers it was chosen and placed by."""
    reasons: list[str]
    """The same in words."""


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What happens to the whole song after joining; the original does none of it."""

    fade_in: int
    """Samples."""
    fade_out: int
    """Samples."""
    ceiling_db: float
    lookahead_ms: float
    release_db_per_s: float


@dataclass(frozen=True, kw_only=True)
class EditList:
    """A song as instructions."""

    method: str
    sample_rate: int
    samples: int
    edits: tuple[Edit, ...]
    finish: Finish | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``edits.json``."""
        return asdict(self)


def read_edits(folder: Path) -> EditList:
    """Read ``edits.json`` of a song's folder.

    Raises:
        ThresherError: missing, broken, or not describing a whole song.
    """
    path = folder / EDITS
    values = read_json(path)
    try:
        finish = values["finish"]
        edits = EditList(
            method=values["method"],
            sample_rate=values["sample_rate"],
            samples=values["samples"],
            edits=tuple(Edit(**edit) for edit in values["edits"]),
            finish=None if finish is None else Finish(**finish),
        )
    except (KeyError, TypeError) as error:
        raise ThresherError(f"the edit list lacks or garbles {error}", looked_at=path) from None
    _check_whole(edits, path)
    return edits


def sources_at(edits: EditList, sample: int) -> list[tuple[Edit, int]]:
    """Which edit, and which sample of its clip, one sample of the song comes from.

    Two inside a crossfade, else one.
    """
    return [
        (edit, edit.source_in + sample - edit.song_in)
        for edit in edits.edits
        if edit.song_in <= sample < edit.song_out
    ]


def _check_whole(edits: EditList, path: Path) -> None:
    reached = 0
    for number, edit in enumerate(edits.edits):
        sane = (
            edit.song_in == reached - edit.overlap
            and edit.song_out - edit.song_in == edit.source_out - edit.source_in
            and 0 <= edit.overlap <= edit.song_out - edit.song_in
            and edit.source_in >= 0
        )
        if not sane:
            raise ThresherError(
                f"edit {number} leaves a gap or does not fit its source", looked_at=path
            )
        reached = edit.song_out
    if reached != edits.samples:
        raise ThresherError(
            f"the edits make {reached} samples, the list promises {edits.samples}",
            looked_at=path,
        )


def stored_path(path: Path, root: Path) -> str:
    """A clip's path as an edit list keeps it."""
    full, home = path.resolve(), root.resolve()
    return str(full.relative_to(home)) if full.is_relative_to(home) else str(full)
