"""Silence: nothing at all, or much of it at the ends or inside."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from thresher.audio.measures import runs
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, curve_evidence


def silence_findings(
    level_db: Float32[np.ndarray, " rows"], row_seconds: float, file: str, config: DoctorConfig
) -> Iterator[Finding]:
    """Look for silence in a recording's levels.

    Args:
        level_db: RMS of each row, dB re full scale.
        row_seconds: length of a row.
        file: as it may be printed.
        config: thresholds.
    """
    silent = level_db < config.silence_dbfs
    picture = curve_evidence(
        np.arange(len(level_db)) * row_seconds,
        np.maximum(level_db, -100).astype(np.float64),
        "seconds",
        "dBFS",
        levels=(config.silence_dbfs,),
    )
    if silent.all():
        yield Finding(
            fault="silent",
            severity="fix",
            file=file,
            what=f"nothing in it: never above {float(level_db.max()):.0f} dBFS",
            remedy="leave it out, or find what was meant to be there",
            evidence=picture,
        )
        return
    for start, stop in zip(*runs(silent), strict=True):
        at_edge = start == 0 or stop == len(silent)
        longest = config.edge_silence_seconds if at_edge else config.inner_silence_seconds
        seconds = (stop - start) * row_seconds
        if seconds <= longest:
            continue
        where = "begins" if start == 0 else "ends" if at_edge else "pauses"
        kind = "leading" if start == 0 else "trailing" if at_edge else "inner"
        yield Finding(
            fault=f"{kind} silence",
            severity="know",
            file=file,
            seconds=start * row_seconds,
            until=stop * row_seconds,
            what=f"it {where} with {seconds:.1f} s below {config.silence_dbfs:g} dBFS",
            remedy="trim it"
            if at_edge
            else "nothing, or cut there: windows that are mostly silent are left out of a corpus",
            evidence=picture,
        )
