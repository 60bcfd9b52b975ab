"""Writes that are whole or not at all, and hashes that name what was written.

A file or folder is built under a hidden sibling name, flushed to the disk and renamed, so
a reader (or a process killed at any moment) finds the old one or the new one, never half.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from thresher.errors import ThresherError

MANIFEST = "manifest.json"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write; rename it to ``path`` once the block succeeds.

    Raises:
        ThresherError: the disk is full or the folder cannot be written.
    """
    # The suffix stays last: encoders choose the format by it.
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            _flush(part)
            part.replace(path)
            _flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder to fill; it becomes ``path`` once the block succeeds.

    What stood at ``path`` before is replaced. Leftovers of killed processes are swept.

    Raises:
        ThresherError: the disk is full or the parent cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_dead(path)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            yield part
            for child in part.rglob("*"):
                _flush(child)
            if path.exists():
                old = path.with_name(f".{path.name}.{os.getpid()}.old")
                shutil.rmtree(old, ignore_errors=True)
                path.replace(old)
                part.replace(path)
                shutil.rmtree(old, ignore_errors=True)
            else:
                part.replace(path)
            _flush(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; the kernel lets go when the process dies.

    Raises:
        ThresherError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ThresherError(
                "another thresher process is working here",
                looked_at=folder,
                hint="wait for it, or stop it first",
            ) from None
        yield


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole; keys keep their order, NaN is refused."""
    with whole_file(path) as part:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
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
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
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
    """SHA-256 of a file, or of a folder's manifest (which names its files' hashes)."""
    target = path / MANIFEST if path.is_dir() else path
    with target.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_dead(path: Path) -> None:
    for stale in path.parent.glob(f".{path.name}.*.part"):
        pid = stale.name.split(".")[-2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(stale, ignore_errors=True)


@contextlib.contextmanager
def clear_disk_errors(path: Path) -> Iterator[None]:
    """Turn the disk's own errors into ones that say what to do.

    Raises:
        ThresherError: the disk is full, or ``path`` cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ThresherError(
                f"the disk is full: could not write {path.name} (what stood there is intact)",
                looked_at=path.parent,
                hint="free some space and run the same command again",
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.ENOTDIR):
            raise ThresherError(f"cannot write {path.name}: {error}", looked_at=path) from error
        raise
