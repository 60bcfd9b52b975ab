"""Speech with its text: what is missing, and texts that cannot belong to their sound."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.stats
from jaxtyping import Float64

from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Curve, Evidence, Finding
from thresher.errors import ThresherError, printable

TABLE = "metadata.csv"
_ENOUGH = 8
"""Pairs of text and sound from which a pace can be told."""
_LARGEST_TEXT = 1_000_000
_SAMPLE = 500


class Transcripts(NamedTuple):
    """The texts of one folder of recordings."""

    source: Path
    """The table, or the folder whose text files they are."""
    texts: dict[str, list[str]]
    """Every text given for a recording, by its name without suffix."""


def find_transcripts(paths: Sequence[Path]) -> list[tuple[Transcripts, list[Path]]]:
    """Texts beside recordings, with the recordings they are for.

    Either ``metadata.csv`` (``id|text|normalised text``, as LJSpeech has it) in the folder
    of the recordings or the one above, or a ``.txt`` of the same name beside most of them.

    Raises:
        ThresherError: a table cannot be read.
    """
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    tables: dict[Path, list[Path]] = {}
    found = []
    for folder, here in folders.items():
        table = next((p for p in (folder / TABLE, folder.parent / TABLE) if p.is_file()), None)
        if table is not None:
            tables.setdefault(table, []).extend(here)
        elif (beside := _beside(folder, here)) is not None:
            found.append((beside, here))
    return [*((_read_table(table), here) for table, here in tables.items()), *found]


def transcript_findings(
    transcripts: Transcripts, seconds: Mapping[Path, float], config: DoctorConfig
) -> Iterator[Finding]:
    """Compare texts and recordings.

    Args:
        transcripts: the texts.
        seconds: how long each recording sounds, silence at its ends left out.
        config: thresholds.
    """
    by_name = {path.stem: path for path in seconds}
    source = printable(str(transcripts.source))
    for name, path in by_name.items():
        given = transcripts.texts.get(name, [])
        if not given:
            yield _finding(
                "missing transcript",
                path,
                f"no text for it in {source}",
                "write one, or leave the recording out",
            )
        elif len(given) > 1:
            yield _finding(
                "two transcripts",
                path,
                f"{len(given)} texts for it: {_quoted(given[0])}, {_quoted(given[1])}",
                "keep the right one",
            )
        elif not any(character.isalnum() for character in given[0]):
            yield _finding(
                "empty transcript",
                path,
                f"its text is {_quoted(given[0])}",
                "write what is said, or leave the recording out",
            )
    missing = [name for name in transcripts.texts if name not in by_name]
    for name in missing:
        yield Finding(
            fault="missing recording",
            severity="fix",
            file=source,
            what=f"a text for '{printable(name)[:80]}', but no recording of that name",
            remedy="find the recording, or take the line out",
        )
    yield from _pace(transcripts, by_name, seconds, config)


def pace(
    characters: Float64[np.ndarray, " n"], seconds: Float64[np.ndarray, " n"]
) -> tuple[float, float]:
    """Seconds that a text takes: a beginning, and so much a character (Theil and Sen's line)."""
    chosen = np.linspace(0, len(characters) - 1, min(_SAMPLE, len(characters))).astype(int)
    if np.ptp(characters[chosen]) == 0:
        return float(np.median(seconds)), 0.0
    line = scipy.stats.theilslopes(seconds[chosen], characters[chosen])
    slope = max(0.0, float(line.slope))
    return max(0.05, float(np.median(seconds - slope * characters))), slope


def _pace(
    transcripts: Transcripts,
    by_name: Mapping[str, Path],
    seconds: Mapping[Path, float],
    config: DoctorConfig,
) -> Iterator[Finding]:
    known = [
        (path, texts[0])
        for name, path in by_name.items()
        if len(texts := transcripts.texts.get(name, [])) == 1 and len(texts[0].strip()) > 0
    ]
    if len(known) < _ENOUGH:
        return
    long = np.array([len(text.strip()) for _, text in known], np.float64)
    took = np.array([max(0.02, seconds[path]) for path, _ in known])
    begin, each = pace(long, took)
    ratio = took / (begin + each * long)
    for at in np.flatnonzero((ratio > config.slow_text) | (ratio < 1 / config.fast_text)):
        path, text = known[at]
        yield _finding(
            "transcript mismatch",
            path,
            f"{took[at]:.2f} s of sound for {int(long[at])} characters {_quoted(text)}; at this "
            f"voice's pace they take {begin + each * long[at]:.2f} s",
            "listen: the text belongs to another recording, or part of the sound is missing",
            evidence=Evidence(
                curves=(
                    Curve(label="all recordings", x=long, y=took),
                    Curve(label="this one", x=long[at : at + 1], y=took[at : at + 1]),
                ),
                x_label="characters",
                y_label="seconds of sound",
                dots=True,
            ),
        )


def _finding(
    fault: str, path: Path, what: str, remedy: str, evidence: Evidence | None = None
) -> Finding:
    return Finding(
        fault=fault,
        severity="fix",
        file=printable(str(path)),
        what=what,
        remedy=remedy,
        evidence=evidence,
    )


def _read_table(table: Path) -> Transcripts:
    try:
        lines = table.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ThresherError(f"cannot read transcripts: {error}", looked_at=table) from None
    texts: dict[str, list[str]] = {}
    for line in lines:
        if line.strip():
            # The last column is the normalised text where there is one.
            name, _, rest = line.partition("|")
            texts.setdefault(Path(name.strip()).stem, []).append(rest.rpartition("|")[2])
    return Transcripts(table, texts)


def _beside(folder: Path, paths: Sequence[Path]) -> Transcripts | None:
    texts = {}
    for path in paths:
        text = path.with_suffix(".txt")
        if text.is_file() and text.stat().st_size < _LARGEST_TEXT:
            texts[path.stem] = [text.read_text("utf-8", errors="replace").strip()]
    if 2 * len(texts) < len(paths) or not texts:
        return None
    return Transcripts(folder, texts)


def _quoted(text: str) -> str:
    short = printable(text.strip())
    return f"'{short[:57]}…'" if len(short) > 58 else f"'{short}'"
