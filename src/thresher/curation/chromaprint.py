"""The real Chromaprint, where its program is installed.

It is LGPL and never linked: `chromaprint` runs the separate program ``fpcalc`` (Debian:
libchromaprint-tools).
"""

import json
import shutil
import subprocess

import numpy as np
from jaxtyping import Float32, UInt32

from thresher.audio.files import to_pcm
from thresher.errors import ThresherError


def fpcalc() -> str | None:
    """Where the real Chromaprint's program is, if it is installed."""
    return shutil.which("fpcalc")


def chromaprint(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, program: str
) -> UInt32[np.ndarray, " words"]:
    """Words of the real Chromaprint (algorithm 2), by the program ``fpcalc``.

    Raises:
        ThresherError: the program fails. A clip under 2.7 s is no failure: it has no words.
    """
    command = [program, "-raw", "-json", "-format", "s16le", "-rate", str(sample_rate)]
    command += ["-channels", "1", "-length", "86400", "-"]
    sound = to_pcm(samples).astype("<i2").tobytes()
    try:
        done = subprocess.run(command, input=sound, capture_output=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ThresherError(f"fpcalc failed: {error}", looked_at=program) from None
    said = done.stderr.decode(errors="replace").strip()
    if "Empty fingerprint" in said:
        return np.zeros(0, np.uint32)
    try:
        # Version 1.5.1 complains at every end of file and exits with 3, all words printed.
        return np.array(json.loads(done.stdout)["fingerprint"], np.uint32)
    except (ValueError, KeyError):
        raise ThresherError(f"fpcalc failed: {said}", looked_at=program) from None
