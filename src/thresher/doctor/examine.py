"""Recordings in, findings out: every file once, then files beside each other."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import Probe, open_audio
from thresher.corpus.build import THREADS
from thresher.corpus.decoding import decode_recording
from thresher.corpus.level import played_db
from thresher.corpus.progress import progress
from thresher.corpus.sources import Recording, Source, find_recordings, sha256_of
from thresher.doctor.bandwidth import Bandwidth
from thresher.doctor.channels import Channels
from thresher.doctor.clicks import Clicks
from thresher.doctor.clipping import Clipping
from thresher.doctor.config import DoctorConfig
from thresher.doctor.duplicates import Listed, duplicate_findings
from thresher.doctor.finding import SEVERITIES, Finding
from thresher.doctor.gaps import Gaps
from thresher.doctor.hum import hum_findings
from thresher.doctor.landmarks import peaks_of
from thresher.doctor.loudness import loudness_findings
from thresher.doctor.pairs import Pair, find_pairs, pair_findings
from thresher.doctor.silence import silence_findings
from thresher.doctor.stretches import stretches
from thresher.doctor.transcripts import find_transcripts, transcript_findings
from thresher.errors import ThresherError, printable

SPOOL_RATE = 8_000
"""Hz at which recordings are compared with each other."""
ROW = 80
"""Samples of the spool in a row of levels: 10 ms."""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was looked at, and what was found."""

    files: tuple[str, ...]
    unreadable: tuple[str, ...]
    """Files of which some or all could not be read."""
    seconds: float
    findings: tuple[Finding, ...]
    """The gravest first, then in the order of the files."""


Role = Literal["dry", "wet", ""]
"""Which side of a dry/wet pair; "" for all others."""


class _Heard(NamedTuple):
    """One recording after it was listened to."""

    path: Path
    file: str
    findings: list[Finding]
    unreadable: bool
    probe: Probe | None = None
    level_db: Float32[np.ndarray, " rows"] = np.zeros(0, np.float32)
    listed: Listed | None = None


def examine(recordings: Sequence[Path], config: DoctorConfig | None = None) -> Examination:
    """Look for faults in files, and in folders to the bottom.

    Memory is a few blocks a thread, a level every 10 ms, and the landmarks: about 10 MB an
    hour of sound. A temporary folder takes 115 MB an hour.

    Raises:
        ThresherError: a path does not exist, or there is no recording.
    """
    config = config or DoctorConfig()
    found = find_recordings([Source(path) for path in recordings]).recordings
    if not found:
        looked = ", ".join(printable(str(path)) for path in recordings)
        raise ThresherError("no recordings there", looked_at=looked or None)
    with tempfile.TemporaryDirectory(prefix="thresher-doctor-") as folder:
        heard = _hear_all(found, Path(folder), config)
        findings = [finding for one in heard for finding in one.findings]
        findings += _beside_each_other(heard, config)
    order = list(SEVERITIES)
    return Examination(
        files=tuple(one.file for one in heard),
        unreadable=tuple(one.file for one in heard if one.unreadable),
        seconds=sum(len(one.level_db) for one in heard) * ROW / SPOOL_RATE,
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.severity))),
    )


def _hear_all(found: Sequence[Recording], folder: Path, config: DoctorConfig) -> list[_Heard]:
    pairs = find_pairs([recording.path for recording in found])
    roles: dict[Path, Role] = {pair.dry: "dry" for pair in pairs}
    roles |= {pair.wet: "wet" for pair in pairs}
    stop = threading.Event()
    executor = ThreadPoolExecutor(THREADS)
    with progress() as shown:
        advance = shown.task("listening", len(found))

        def hear(number: int) -> _Heard:
            with advance.whole_step() as fraction:
                recording = found[number]
                spool = folder / f"{number:06d}"
                role = roles.get(recording.path, "")
                return _hear(recording, spool, role, config, stop, fraction)

        try:
            return list(executor.map(hear, range(len(found))))
        finally:
            stop.set()
            executor.shutdown(cancel_futures=True)


def _hear(
    recording: Recording,
    spool: Path,
    role: Role,
    config: DoctorConfig,
    stop: threading.Event,
    fraction: Callable[[float, float], None],
) -> _Heard:
    file, path = recording.shown, recording.path
    try:
        decoded = decode_recording(path, spool, SPOOL_RATE, ROW, stop, fraction)
    except ThresherError as error:
        return _Heard(path, file, [_broken(file, error.problem)], True)
    findings = list(_whole_band(path, file, role, config, stop))
    broken = any(finding.fault == "broken file" for finding in findings)
    if decoded.probe.warning and not broken:
        findings.append(_broken(file, decoded.probe.warning))
    row_seconds = ROW / SPOOL_RATE
    findings += silence_findings(decoded.level_db, row_seconds, file, config)
    findings += hum_findings(spool, decoded.samples, SPOOL_RATE, file, config)
    listed = Listed(
        file,
        sha256_of(path),
        peaks_of(spool, decoded.samples, SPOOL_RATE),
        spool,
        decoded.samples / SPOOL_RATE,
    )
    return _Heard(path, file, findings, broken, decoded.probe, decoded.level_db, listed)


def _whole_band(
    path: Path, file: str, role: Role, config: DoctorConfig, stop: threading.Event
) -> Iterator[Finding]:
    """What must be heard at the recording's own rate, channel by channel."""
    with open_audio(path) as decoder:
        probe = decoder.probe
        ears: list[Clipping | Channels | Gaps | Clicks | Bandwidth] = [
            Clipping(probe.sample_rate, config),
            Channels(probe.sample_rate, probe.channels, config),
            Bandwidth(probe.sample_rate, probe.format, config),
        ]
        # What an amplifier is measured with begins with impulses, silence between them.
        ears += [] if role == "dry" else [Gaps(probe.sample_rate, config)]
        ears += [] if role else [Clicks(probe.sample_rate, config)]
        try:
            for stretch in stretches(decoder.blocks()):
                if stop.is_set():
                    raise CancelledError
                for ear in ears:
                    ear.hear(stretch)
        except ThresherError as error:
            yield _broken(file, error.problem)
        for ear in ears:
            yield from ear.findings(file)


def _beside_each_other(heard: Sequence[_Heard], config: DoctorConfig) -> Iterator[Finding]:
    sounding = {
        one.path: one
        for one in heard
        if one.listed and len(one.level_db) and one.level_db.max() > config.silence_dbfs
    }
    pairs = [p for p in find_pairs([one.path for one in heard]) if {*p} <= sounding.keys()]
    captures = {path for pair in pairs for path in pair}
    for pair in pairs:
        yield from _pair(pair, sounding, config)
    alone = [one for path, one in sounding.items() if path not in captures]
    listed = [one.listed for one in alone if one.listed is not None]
    yield from duplicate_findings(listed, SPOOL_RATE, config)
    folders: dict[Path, dict[str, float]] = {}
    for one in alone:
        folders.setdefault(one.path.parent, {})[one.file] = played_db(one.level_db)
    for levels in folders.values():
        yield from loudness_findings(levels, config)
    yield from _transcripts(heard, config)


def _pair(pair: Pair, sounding: dict[Path, _Heard], config: DoctorConfig) -> Iterator[Finding]:
    dry, wet = (sounding[path] for path in pair)
    assert dry.probe is not None  # it sounds
    assert wet.probe is not None
    yield from pair_findings(
        pair,
        (dry.probe.seconds, wet.probe.seconds),
        (dry.probe.sample_rate, wet.probe.sample_rate),
        config,
    )


def _transcripts(heard: Sequence[_Heard], config: DoctorConfig) -> Iterator[Finding]:
    by_path = {one.path: one for one in heard}
    for transcripts, paths in find_transcripts(list(by_path)):
        seconds = {
            path: _sounding_seconds(by_path[path].level_db, config.silence_dbfs) for path in paths
        }
        yield from transcript_findings(transcripts, seconds, config)


def _sounding_seconds(level_db: Float32[np.ndarray, " rows"], silence_dbfs: float) -> float:
    """From the first row that sounds to the last."""
    rows = np.flatnonzero(level_db > max(silence_dbfs, float(level_db.max(initial=-200)) - 40))
    return float(rows[-1] - rows[0] + 1) * ROW / SPOOL_RATE if len(rows) else 0.0


def _broken(file: str, problem: str) -> Finding:
    return Finding(
        fault="broken file",
        severity="fix",
        file=file,
        what=problem,
        remedy="copy or export it again; a corpus takes what comes before the break, if anything",
    )
