"""Finding recordings: files and folders in, a list of sound files with their artists out.

Everything here comes from outside: names may hold anything, folders may contain themselves.
"""

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from thresher.audio.files import AUDIO_SUFFIXES, MORE_SUFFIXES
from thresher.errors import ThresherError

SUFFIXES = frozenset(AUDIO_SUFFIXES + MORE_SUFFIXES)


class Source(NamedTuple):
    """A file or folder to take recordings from."""

    path: Path
    artist: str | None = None
    """Label for everything in it; None takes the folder's name (a file's parent folder)."""


class Recording(NamedTuple):
    """One file to try."""

    path: Path
    artist: str

    @property
    def shown(self) -> str:
        """The path as text that can be printed and stored, whatever bytes it holds."""
        return printable(os.fsencode(self.path).decode("utf-8", "backslashreplace"))

    @property
    def absolute(self) -> str:
        """The same, to be found again from any folder."""
        return Recording(self.path.absolute(), self.artist).shown

    @property
    def title(self) -> str:
        """The file's name without its suffix."""
        return printable(os.fsencode(self.path.stem).decode("utf-8", "replace"))[:200] or "untitled"


class Found(NamedTuple):
    """What the given files and folders hold."""

    recordings: tuple[Recording, ...]
    other_files: dict[str, int]
    """Files in folders whose names are not those of sound files, counted by suffix."""


def find_recordings(sources: Sequence[Source]) -> Found:
    """List the sound files in folders (and below), and every file named itself.

    The order is that of ``sources``, names sorted within folders; a path is listed once.

    Raises:
        ThresherError: a given path does not exist.
    """
    recordings: dict[str, Recording] = {}
    others: Counter[str] = Counter()
    visited: set[tuple[int, int]] = set()
    for source in sources:
        artist = source.artist or artist_of(source.path)
        if not os.path.lexists(source.path):
            raise ThresherError(
                "no such file or folder", looked_at=Recording(source.path, "").shown
            )
        for path in _files(source.path, visited):
            named_like_sound = path.suffix.lower() in SUFFIXES or _is_folder(path)
            if path != source.path and not named_like_sound:
                others[printable(path.suffix.lower()) or "no suffix"] += 1
            else:
                recordings.setdefault(os.path.realpath(path), Recording(path, artist))
    return Found(tuple(recordings.values()), dict(sorted(others.items())))


def artist_of(path: Path) -> str:
    """The label of a folder, or of a file by the folder it lies in.

    >>> artist_of(Path("/music/Simon, Garfunkel/bridge.wav"))
    'Simon Garfunkel'
    """
    folder = Path(os.path.realpath(path if _is_folder(path) else path.parent))
    name = os.fsencode(folder.name).decode("utf-8", "replace")
    # "," and "=" separate artists on the command line: --artist A=0.5,B=0.5
    cleaned = " ".join(re.sub(r"[,=]", " ", printable(name)).split())[:80]
    return cleaned or "unknown"


def checked_artist(name: str) -> str:
    """A label given by hand.

    Raises:
        ThresherError: it is empty, long, or could not be typed after ``--artist`` again.
    """
    if not name.strip() or len(name) > 80 or printable(name) != name or re.search("[,=]", name):
        raise ThresherError(
            f"{name!r} cannot be an artist's label", hint="1 to 80 characters without ',' and '='"
        )
    return name.strip()


def printable(text: str) -> str:
    """Text without control characters, so that no file name can steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def sha256_of(path: Path) -> str | None:
    """Hash of a file's bytes; None when it is not an ordinary readable file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _files(path: Path, visited: set[tuple[int, int]]) -> Iterator[Path]:
    """Everything below a path; a folder that cannot be listed stands for itself."""
    if not _is_folder(path):
        yield path
        return
    try:
        status = path.stat()
        # By device and inode, links followed: a folder that holds itself is entered once.
        if (status.st_dev, status.st_ino) in visited:
            return
        visited.add((status.st_dev, status.st_ino))
        children = sorted(path.iterdir(), key=os.fsencode)
    except OSError:
        yield path  # opening it will say why, like any other recording that cannot be read
        return
    for child in children:
        if not child.name.startswith("."):  # "._song.mp3" and other things nobody recorded
            yield from _files(child, visited)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):  # Path.is_dir lets some of them through
        return False
