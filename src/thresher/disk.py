"""Writes that are whole or not at all, and hashes that name what was written.

A file or folder is built under a hidden sibling name, flushed to the disk and renamed, so
a reader (or a process killed at any moment) finds the old one or the new one, never half.
"""

import contextlib
import ctypes
import errno
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from thresher.errors import ThresherError

MANIFEST = "manifest.json"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write; rename it to ``path`` once the block succeeds.

    Leftovers of killed processes are swept.

    Raises:
        ThresherError: the disk is full or the folder cannot be written.
    """
    # The suffix stays last: encoders choose the format by it.
    part = _part(path.with_suffix(""), path.suffix)
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_dead(path.with_suffix(""), path.suffix)
            yield part
            _flush(part)
            part.replace(path)
            _flush(path.parent)
    finally:
        with contextlib.suppress(OSError):  # there may be no such folder to be clean
            part.unlink()


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder to fill; it becomes ``path`` once the block succeeds.

    What stood at ``path`` before is replaced. Leftovers of killed processes are swept.

    Raises:
        ThresherError: the disk is full or the parent cannot be written.
    """
    part = _part(path)
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_dead(path)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            yield part
            for child in (*part.rglob("*"), part):
                _flush(child)
            _put(part, path)
            _flush(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; the kernel lets go when the process dies.

    Raises:
        ThresherError: another process holds it, or it cannot be written.
    """
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ThresherError(
                "another thresher process is working here",
                looked_at=folder,
                hint="wait for it, or stop it first",
            ) from None
        _held.add(lock)
        try:
            yield
        finally:
            _held.discard(lock)


_held: set[IO[str]] = set()


def _let_go() -> None:
    for lock in _held:
        lock.close()


# A forked worker shares its parent's lock, and would keep it when the parent is killed.
os.register_at_fork(after_in_child=_let_go)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole; keys keep their order.

    Raises:
        ThresherError: the value holds NaN or something JSON has no word for, the disk is
            full, or the folder cannot be written.
    """
    try:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ThresherError(f"cannot write {path.name}: {error}", looked_at=path) from error
    # Names of files that are not UTF-8 reach us with lone surrogates in them.
    text = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)
    with whole_file(path) as part:
        part.write_text(text + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ThresherError: missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ThresherError(f"{path.name} is missing", looked_at=path) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ThresherError(f"cannot read {path.name}: {error}", looked_at=path) from None


def write_manifest(folder: Path, manifest: dict[str, Any]) -> str:
    """Write ``manifest.json`` into a folder and return its content hash."""
    write_json(folder / MANIFEST, manifest)
    return content_hash(folder)


def read_manifest(folder: Path, *, kind: str | None = None) -> dict[str, Any]:
    """Read a folder's manifest; ``kind`` insists on what sort of folder it is.

    Raises:
        ThresherError: no manifest, a broken one, or one of another kind.
    """
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict):
        raise ThresherError("the manifest is not a JSON object", looked_at=folder / MANIFEST)
    if kind is not None and manifest.get("kind") != kind:
        raise ThresherError(
            f"expected a {kind}, found a {manifest.get('kind')!r}", looked_at=folder / MANIFEST
        )
    return manifest


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of a folder's manifest (which names its files' hashes).

    Raises:
        ThresherError: missing or unreadable.
    """
    target = path / MANIFEST if path.is_dir() else path
    try:
        with target.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ThresherError(
            f"cannot read {target.name}: {error.strerror}", looked_at=target
        ) from None


@contextlib.contextmanager
def clear_disk_errors(path: Path) -> Iterator[None]:
    """Turn the disk's own errors into ones that say what to do.

    Raises:
        ThresherError: the disk is full, or ``path`` cannot be written.
    """
    try:
        yield
    except ThresherError:
        raise
    except Exception as error:
        if _says_full(error, path.parent):
            raise ThresherError(
                f"the disk is full: could not write {path.name} (what stood there is intact)",
                looked_at=path.parent,
                hint="free some space and run the same command again",
            ) from error
        if isinstance(error, OSError) and _refused(error, path):
            raise ThresherError(f"cannot write {path.name}: {error}", looked_at=path) from error
        raise


_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
)


def _says_full(error: Exception, folder: Path) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    if os.strerror(errno.ENOSPC) in str(error):  # safetensors, torch
        return True
    # libsndfile only says "System error"; then the disk itself must be asked.
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < 65_536
    return False


def _refused(error: OSError, path: Path) -> bool:
    # The block may read other files as well; trouble with those is not about this one.
    about = path if error.filename is None else Path(os.fsdecode(error.filename))
    return error.errno in _REFUSED and (
        about.is_relative_to(path.parent) or path.is_relative_to(about)
    )


def _part(path: Path, suffix: str = "") -> Path:
    """A hidden sibling's name with the owner in it: every thread of a machine has its own."""
    return path.with_name(f".{path.name}.{threading.get_native_id()}.part{suffix}")


def _put(part: Path, path: Path) -> None:
    """Rename a folder over another; afterwards ``part`` may be what stood there."""
    if not path.exists():
        part.replace(path)
    elif not _exchange(part, path):
        # Where the file system cannot exchange, a kill between these two lines leaves the
        # old folder under its hidden name; `_sweep_dead` brings it back.
        old = part.with_suffix(".old")
        path.replace(old)
        part.replace(path)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step (Linux ``renameat2``); False where that cannot be done."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_dead(path: Path, suffix: str = "") -> None:
    """Clear away what killed processes left of ``path``."""
    for stale in _leftovers(path, f"part{suffix}"):
        shutil.rmtree(stale) if stale.is_dir() else stale.unlink(missing_ok=True)
    for old in _leftovers(path, "old"):
        if path.exists():
            shutil.rmtree(old)
        else:
            old.replace(path)


def _leftovers(path: Path, ending: str) -> Iterator[Path]:
    pattern = f".{glob.escape(path.name)}.*.{glob.escape(ending)}"
    for stale in list(path.parent.glob(pattern)):
        owner = stale.name.removeprefix(f".{path.name}.").removesuffix(f".{ending}")
        if owner.isdigit() and not _alive(owner):
            yield stale


def _alive(owner: str) -> bool:
    # Where there is no /proc nobody can be called dead, and nothing is swept.
    return Path("/proc", owner).exists() or not Path("/proc/self").exists()
