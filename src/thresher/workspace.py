"""The only place that spells a path on disk."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
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
    """A title as a safe folder name; titles that would look alike get a mark of their own.

    >>> slug("Café del Mar / Tape No. 2")
    'cafe-del-mar-tape-no-2'
    >>> slug("海") == slug("空")
    False
    """
    plain = unicodedata.normalize("NFKD", text).lower()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    cleaned = re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or "untitled"
    if len(cleaned) <= 80 and not any(c.isalnum() and not c.isascii() for c in letters):
        return cleaned
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{cleaned[:73].strip('-')}-{mark}"


@dataclass(frozen=True)
class Workspace:
    """A folder that holds everything: corpora, runs, clips, songs, covers, releases."""

    root: Path

    def folders(self) -> Iterator[Path]:
        """Every folder that has a manifest, by kind and name."""
        for kind in (
            "corpora",
            "runs",
            "clips",
            "songs",
            "maps",
            "covers",
            "releases",
            "measurements",
            "claims",
            "bakeoffs",
        ):
            for manifest in sorted((self.root / kind).glob("[!.]*/manifest.json")):
                yield manifest.parent

    def events(self, run_id: str) -> Path:
        """TensorBoard event files of a run."""
        return self.run(run_id) / "events"

    @property
    def journal(self) -> Path:
        """The ledger of every experiment."""
        return self.root / "journal.sqlite"

    def corpus(self, name: str) -> Path:
        """Folder of a corpus: memory-mapped arrays and a manifest."""
        return self.root / "corpora" / checked_name(name)

    def refused(self, name: str) -> Path:
        """Pictures of recordings that a corpus of one instrument would not take."""
        return self.root / "refused" / checked_name(name)

    def run(self, run_id: str) -> Path:
        """Folder of a training run: settings, checkpoints, previews."""
        return self.root / "runs" / checked_name(run_id)

    def clip_set(self, set_id: str) -> Path:
        """Folder of clips generated together."""
        return self.root / "clips" / checked_name(set_id)

    def song(self, name: str) -> Path:
        """Folder of a song: edit list, ``song.flac``."""
        return self.root / "songs" / checked_name(name)

    def map(self, name: str) -> Path:
        """Folder of a map of clips: a page to browse by ear, ``map.json``, a manifest."""
        return self.root / "maps" / checked_name(name)

    def cover(self, name: str) -> Path:
        """Folder of a cover: ``cover.png``, its smaller copies, a manifest."""
        return self.root / "covers" / checked_name(name)

    def release(self, name: str) -> Path:
        """Folder of a release: site, masters, manifest."""
        return self.root / "releases" / checked_name(name)

    def recordings(self, name: str) -> Path:
        """Folder of sounds made from formulas, which corpora are built of."""
        return self.root / "recordings" / checked_name(name)

    def measurement(self, name: str) -> Path:
        """Folder of what one arm of an experiment gave under one seed."""
        return self.root / "measurements" / checked_name(name)

    def claim(self, name: str) -> Path:
        """Folder of a claim's verdict: page, figures, manifest."""
        return self.root / "claims" / checked_name(name)

    def bakeoff(self, name: str) -> Path:
        """Folder of a bake-off: two pages, the key of the blind one, manifest."""
        return self.root / "bakeoffs" / checked_name(name)

    def explained(self, name: str) -> Path:
        """A page that explains a family, one of its presets, or a run."""
        return self.root / "explained" / f"{checked_name(name)}.html"

    def doctor_page(self, name: str) -> Path:
        """What the doctor found in a folder of recordings, to look at."""
        return self.root / "doctor" / f"{checked_name(name)}.html"
