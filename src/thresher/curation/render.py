"""Edit list to sound, as a stream: a song of ten hours needs no more memory than its clips."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from thresher.audio.files import read_audio, write_flac_blocks
from thresher.audio.meters import limited
from thresher.curation.edits import BITS, Edit, EditList, Finish, read_edits
from thresher.disk import content_hash
from thresher.errors import ThresherError

Reader = Callable[[Edit], Float32[np.ndarray, " samples"]]
"""Gives the whole clip that an edit takes from."""


def rebuild_song(root: Path, folder: Path, path: Path) -> None:
    """Write a song again from its edit list; the file is bit for bit the same.

    Args:
        root: the workspace's folder, where relative paths of clips begin.
        folder: the song's folder.
        path: the FLAC to write.

    Raises:
        ThresherError: a broken edit list, or a clip that is missing or has changed.
    """
    edits = read_edits(folder)
    write_flac_blocks(path, render(edits, clip_reader(root)), edits.sample_rate, BITS)


def render(edits: EditList, read: Reader) -> Iterator[Float32[np.ndarray, " _"]]:
    """The song in blocks."""
    joined = join_edits(edits.edits, read)
    return joined if edits.finish is None else finished(joined, edits, edits.finish)


def finished(
    blocks: Iterable[Float32[np.ndarray, " _"]], edits: EditList, finish: Finish
) -> Iterator[Float32[np.ndarray, " _"]]:
    """Fade the ends and hold the peaks down."""
    return limited(
        faded(blocks, edits.samples, finish.fade_in, finish.fade_out),
        edits.sample_rate,
        ceiling_db=finish.ceiling_db,
        lookahead_ms=finish.lookahead_ms,
        release_db_per_s=finish.release_db_per_s,
    )


def join_edits(edits: Iterable[Edit], read: Reader) -> Iterator[Float32[np.ndarray, " _"]]:
    """Edits one after the other, each faded into the next with equal power.

    Equal power suits sounds that are unrelated: their powers add, so the loudness stays. The
    length is the sum of all edits less their overlaps.
    """
    waiting = np.zeros(0, np.float32)  # the end of what came before, held for its crossfade
    upcoming = list(edits)
    for edit, after in zip(upcoming, [*upcoming[1:], None], strict=True):
        sound = read(edit)[edit.source_in : edit.source_out] * np.float32(edit.gain)
        if len(sound) != edit.source_out - edit.source_in:
            raise ThresherError(
                f"{edit.clip} ends before sample {edit.source_out}", looked_at=edit.path
            )
        rising, falling = equal_power(edit.overlap)
        sound[: edit.overlap] = sound[: edit.overlap] * rising + waiting * falling
        keep = 0 if after is None else after.overlap
        waiting = sound[len(sound) - keep :]
        yield sound[: len(sound) - keep]


def equal_power(
    length: int,
) -> tuple[Float32[np.ndarray, " length"], Float32[np.ndarray, " length"]]:
    """Rising and falling gains whose squares sum to 1.

    >>> rising, falling = equal_power(2)
    >>> rising.round(2), falling.round(2)
    (array([0.38, 0.92], dtype=float32), array([0.92, 0.38], dtype=float32))
    """
    angle = (np.arange(length) + 0.5) / max(length, 1) * (np.pi / 2)
    return np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)


def faded(
    blocks: Iterable[Float32[np.ndarray, " _"]], total: int, fade_in: int, fade_out: int
) -> Iterator[Float32[np.ndarray, " _"]]:
    """Raise the beginning and lower the end of a stream of ``total`` samples."""
    done = 0
    for block in blocks:
        position = np.arange(done, done + len(block))
        done += len(block)
        if position.size and (position[0] < fade_in or position[-1] >= total - fade_out):
            rise = _raised_cosine((position + 0.5) / max(fade_in, 1))
            fall = _raised_cosine((total - position - 0.5) / max(fade_out, 1))
            block = block * (rise * fall).astype(np.float32)
        yield block


def clip_reader(root: Path) -> Reader:
    """Reads clips for an edit list, making sure that none has changed."""

    @lru_cache(maxsize=2)  # neighbouring edits often come from one long clip
    def whole_clip(path: str, sha256: str) -> Float32[np.ndarray, " samples"]:
        file = root / path  # an absolute path stays itself
        if not file.is_file():
            raise ThresherError("a clip of this song is missing", looked_at=file)
        if content_hash(file) != sha256:
            raise ThresherError("a clip of this song has changed since", looked_at=file)
        return read_audio(file).samples

    return lambda edit: whole_clip(edit.path, edit.sha256)


def _raised_cosine(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(x, 0, 1)))
