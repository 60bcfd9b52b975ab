"""The only place that spells a path on disk."""

import re
from dataclasses import dataclass
from pathlib import Path

from thresher.errors import ThresherError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def checked_name(name: str) -> str:
    """A name that is safe as a folder: letters, digits, dot, dash and underscore.

    Raises:
        ThresherError: anything else (a separator, a leading dot, nothing at all).
    """
    if not _NAME.fullmatch(name):
        raise ThresherError(
            f"{name!r} cannot be a name",
            hint="letters, digits, '.', '-' and '_', starting with a letter or digit",
        )
    return name


def slug(text: str) -> str:
    """A title as a safe folder name.

    >>> slug("Ænima / Tape No. 2")
    'nima-tape-no-2'
    """
    cleaned = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80].strip("-")
    return cleaned or "untitled"


@dataclass(frozen=True)
class Workspace:
    """A folder that holds everything: corpora, runs, clips, songs, covers, releases."""

    root: Path

    @property
    def journal(self) -> Path:
        """The ledger of every experiment."""
        return self.root / "journal.sqlite"

    def corpus(self, name: str) -> Path:
        """Folder of a corpus: memory-mapped arrays and a manifest."""
        return self.root / "corpora" / checked_name(name)

    def run(self, run_id: str) -> Path:
        """Folder of a training run: settings, checkpoints, previews."""
        return self.root / "runs" / checked_name(run_id)

    def clip_set(self, set_id: str) -> Path:
        """Folder of clips generated together."""
        return self.root / "clips" / checked_name(set_id)

    def song(self, name: str) -> Path:
        """Folder of a song: edit list, ``song.flac``."""
        return self.root / "songs" / checked_name(name)

    def cover(self, name: str) -> Path:
        """Folder of a cover: ``cover.png``, its smaller copies, a manifest."""
        return self.root / "covers" / checked_name(name)

    def release(self, name: str) -> Path:
        """Folder of a release: site, masters, manifest."""
        return self.root / "releases" / checked_name(name)

    def album(self, name: str) -> Path:
        """Folder where ``thresher album`` notes how far it came."""
        return self.root / "albums" / checked_name(name)
