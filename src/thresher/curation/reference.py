"""The music a model learned from: what is typical of it, and what a clip may quote from it."""

import bisect
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import (
    CHROMA_RATE,
    CHROMA_SECONDS,
    DESCRIPTORS,
    chroma,
    descriptor_rows,
)
from thresher.audio.descriptors import short_time as short_frames
from thresher.audio.files import probe, stream_audio
from thresher.audio.fingerprint import Fingerprint, fingerprints
from thresher.audio.scaling import Scaling, fit_scaling
from thresher.corpus import open_corpus
from thresher.curation.sources import audio_files
from thresher.disk import MANIFEST, content_hash, read_manifest, whole_file
from thresher.errors import ThresherError
from thresher.workspace import Workspace

_VERSION = 4
_PIECE_SECONDS = 300
"""Heard at a time: 20 MB at 16 kHz."""


class Part(NamedTuple):
    """One recording of the reference, in blocks."""

    title: str
    blocks: Iterable[Float32[np.ndarray, " _"]]
    sample_rate: int


class Reference(NamedTuple):
    """What curation knows of the training music."""

    name: str
    scaling: Scaling
    """Mean and spread of its descriptor rows."""
    words: Fingerprint
    marks: list[tuple[float, str]]
    """Second at which each recording begins among the words, and its title."""

    def place(self, second: float) -> str:
        """Where a second of the words lies, for people."""
        index = bisect.bisect_right([start for start, _ in self.marks], second) - 1
        start, title = self.marks[max(index, 0)]
        minutes, seconds = divmod(round(second - start), 60)
        return f"{title} at {minutes}:{seconds:02d}"


def find_reference(
    workspace: Workspace, wanted: str | None, corpora: Sequence[Path], cache: Path
) -> Reference | None:
    """Hear the reference: the one asked for, else the corpora behind the clips, else none.

    Args:
        workspace: where a corpus is looked for by name.
        wanted: name of a corpus, or path of a corpus, of a folder of recordings or of one.
        corpora: folders found through the clips' own history.
        cache: folder where what was heard is kept.

    Raises:
        ThresherError: ``wanted`` is none of these.
    """
    if wanted is None:
        if not corpora:
            return None
        return _heard_once(corpora, ", ".join(folder.name for folder in corpora), cache)
    try:
        folder = workspace.corpus(wanted)
    except ThresherError:
        folder = Path(wanted)  # a path, not a name
    folder = folder if folder.exists() else Path(wanted)
    if (folder / MANIFEST).is_file() and read_manifest(folder).get("kind") == "corpus":
        return _heard_once([folder], folder.name, cache)
    files = audio_files(folder) if folder.is_dir() else [folder]
    if not files or not files[0].exists():
        raise ThresherError(
            f"the reference {wanted!r} is neither a corpus nor recordings",
            looked_at=workspace.root / "corpora",
        )
    return _heard_once(files, folder.name, cache)


def _heard_once(paths: Sequence[Path], name: str, cache: Path) -> Reference:
    hashes = json.dumps([_VERSION, [content_hash(path) for path in paths]])
    kept = cache / f"reference-{hashlib.sha256(hashes.encode()).hexdigest()[:40]}.npz"
    found = _load(kept, name)
    if found is None:
        found = hear([part for path in paths for part in _parts(path)], name)
        _save(kept, found)
    return found


def hear(parts: Sequence[Part], name: str) -> Reference:
    """Describe and fingerprint recordings, a few minutes at a time.

    Raises:
        ThresherError: there is no sound in them.
    """
    rows, words, sounding, marks = [], [], [], []
    seconds = 0.0
    for part in parts:
        marks.append((seconds, part.title))
        pitches = [np.zeros((0, 12), np.float32)]
        for piece, length in _pieces(part):
            pitch = chroma(piece, part.sample_rate)
            rows.append(descriptor_rows(short_frames(piece, part.sample_rate), pitch, length))
            pitches.append(pitch[: round(length * CHROMA_RATE)])
        fingerprint = fingerprints(np.concatenate(pitches))[0]
        words.append(fingerprint.words)
        sounding.append(fingerprint.sounding)
        seconds += len(fingerprint.words) / 8
    if not rows:
        raise ThresherError(f"there is no sound in the reference {name!r}")
    return Reference(
        name=name,
        scaling=fit_scaling(np.concatenate(rows), DESCRIPTORS),
        words=Fingerprint(np.concatenate(words), np.concatenate(sounding)),
        marks=marks,
    )


def _pieces(part: Part) -> Iterator[tuple[Float32[np.ndarray, " samples"], float]]:
    """Pieces with their length in seconds; each reaches one long frame into the next."""
    size = _PIECE_SECONDS * part.sample_rate
    reach = int(np.ceil(CHROMA_SECONDS * part.sample_rate)) + 1
    held = np.zeros(0, np.float32)
    for block in part.blocks:
        held = np.concatenate([held, block])
        while len(held) >= size + reach:
            yield held[: size + reach], float(_PIECE_SECONDS)
            held = held[size:]
    if len(held):
        yield held, len(held) / part.sample_rate


def _parts(path: Path) -> Iterator[Part]:
    if not path.is_dir():
        rate = probe(path).sample_rate
        yield Part(path.name, _long_blocks(stream_audio(path)), rate)
        return
    corpus = open_corpus(path)
    for track in corpus.tracks:
        blocks = _slices(corpus.audio, track.start, track.stop)
        yield Part(str(track.title or track.path), blocks, corpus.sample_rate)


def _slices(audio: np.ndarray, start: int, stop: int) -> Iterator[Float32[np.ndarray, " _"]]:
    step = 2**22
    for first in range(start, stop, step):
        yield audio[first : min(first + step, stop)].astype(np.float32) / np.float32(32768)


def _long_blocks(
    blocks: Iterable[Float32[np.ndarray, " _"]],
) -> Iterator[Float32[np.ndarray, " _"]]:
    """Join short blocks, so that holding them does not copy the same samples over and over."""
    waiting: list[np.ndarray] = []
    for block in blocks:
        waiting.append(block)
        if sum(map(len, waiting)) >= 2**21:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def _save(path: Path, reference: Reference) -> None:
    packed = io.BytesIO()
    np.savez(
        packed,
        mean=reference.scaling.mean,
        spread=reference.scaling.spread,
        words=reference.words.words,
        sounding=reference.words.sounding,
        marks=np.frombuffer(json.dumps(reference.marks).encode(), np.uint8),
    )
    with whole_file(path) as part:
        part.write_bytes(packed.getvalue())


def _load(path: Path, name: str) -> Reference | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return Reference(
                name=name,
                scaling=Scaling(kept["mean"], kept["spread"]),
                words=Fingerprint(kept["words"], kept["sounding"]),
                marks=[(float(s), str(t)) for s, t in json.loads(kept["marks"].tobytes())],
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
