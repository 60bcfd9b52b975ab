"""Compiling a whole kernel once per machine, not once per process.

Numba keeps compiled functions on disk, but asks only whether the file of the function has
changed, not the files of what it calls. Here the folder it keeps them in is named after
the content of all kernels, so a changed product can never be served an old step.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import njit

KEPT_DAYS = 30
"""Kernels of other versions that nobody compiled anew for this long are thrown away."""


def compiled(function: Callable[..., None]) -> Callable[..., None]:
    """A kernel that Python calls: without the interpreter's lock, and kept on disk."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    folder = None if before else _folder()
    settings.CACHE_DIR = before or str(folder or "")
    try:
        keeps = bool(before or folder)
        made: Callable[..., None] = njit(error_model="numpy", nogil=True, cache=keeps)(function)
        return made
    finally:
        settings.CACHE_DIR = before


def _folder() -> Path | None:
    """Where this version's kernels are kept; None where nothing can be kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(home) / "thresher" / f"kernels-{_fingerprint()}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _tidy(folder)
    except OSError:
        return None
    return folder


def _fingerprint() -> str:
    """Of all kernels' text; numba itself looks after its version and the processor."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _tidy(folder: Path) -> None:
    for other in folder.parent.glob("kernels-*"):
        if other != folder and other.stat().st_mtime < time.time() - KEPT_DAYS * 86_400:
            shutil.rmtree(other, ignore_errors=True)
