"""Recordings of one folder that are much louder or quieter than the others."""

from collections.abc import Iterator, Mapping

import numpy as np

from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Curve, Evidence, Finding


def loudness_findings(levels: Mapping[str, float], config: DoctorConfig) -> Iterator[Finding]:
    """Compare the recordings of one folder.

    Args:
        levels: RMS in dBFS, pauses left out, by file.
        config: thresholds.
    """
    values = np.array(list(levels.values()))
    if len(values) < 2:
        return
    # Of two files nobody knows which is the odd one: the louder, for the middle is neither.
    middle = float(np.median(values)) if len(values) > 2 else float(values.max())
    picture = Evidence(
        curves=(Curve(label="recordings", x=np.arange(len(values)) + 1.0, y=np.sort(values)),),
        x_label="recordings, quietest first",
        y_label="dBFS",
        levels=(middle - config.mixed_db, middle, middle + config.mixed_db),
        dots=True,
    )
    for file, level in levels.items():
        if abs(level - middle) <= config.mixed_db:
            continue
        yield Finding(
            fault="mixed loudness",
            severity="check",
            file=file,
            what=f"it plays at {level:.1f} dBFS, {abs(level - middle):.1f} dB "
            f"{'above' if level > middle else 'below'} the others of its folder",
            remedy="bring the recordings to one level first: a corpus applies one gain to all, "
            "and quiet ones drown in coarse codes",
            evidence=picture,
        )
