"""Which files are the drums of which song: names decide."""

import re
from pathlib import Path
from typing import Literal, NamedTuple

from thresher.corpus.sources import SUFFIXES
from thresher.errors import ThresherError

Part = Literal["drums", "mix", "other"]

_DRUMS = re.compile(
    r"drum|kick|snare|cymbal|overhead|percussion|hi-?hat|^(hats?|hh|toms?|oh|bd|sd|ride|crash)\d*$"
)
_MIX = re.compile(r"^(mix(down|ture)?|master|full|fullmix|song)\d*$")
_OTHER = re.compile(
    r"guitar|bass|vocal|voice|vox|piano|organ|synth|string|brass|choir"
    r"|^(gtrs?|keys?|pads?|lead|rhythm|others?|backing|accompaniment|rest)\d*$"
)

_WHICH = re.compile(
    r"^(in|out|top|bot(tom)?|left|right|l|r|room|close|mono|stereo|di|stem|track|take)?\d*$"
)
"""May follow a part's name: "kick in", "snare top", "drums 2"."""


class SongFiles(NamedTuple):
    """What belongs to one song."""

    title: str
    drums: tuple[Path, ...]
    mix: Path | None
    others: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.drums, *([self.mix] if self.mix else []), *self.others)


def part_of(stem: str) -> tuple[str, Part | None]:
    """A file's name without its suffix, as a song's name and the part of it.

    The part stands last, or before words that only say which of several; what stands before it
    is the song.

    >>> part_of("the_raging_sun_drums"), part_of("kick in"), part_of("Drum Solo")
    (('the raging sun', 'drums'), ('', 'drums'), ('Drum Solo', None))
    >>> part_of("drums and wires - mix"), part_of("ballad")
    (('drums and wires', 'mix'), ('ballad', None))
    """
    words = re.findall(r"[^\s_.\-]+", re.sub(r"(?i)hi-hat", "hihat", stem))
    for place in range(len(words) - 1, -1, -1):
        part = _named(words[place].lower())
        if part is not None:
            return " ".join(words[:place]), part
        if not _WHICH.match(words[place].lower()):
            break
    return " ".join(words), None


def _named(word: str) -> Part | None:
    if _MIX.search(word):
        return "mix"
    if _DRUMS.search(word):
        return "drums"
    return "other" if _OTHER.search(word) else None


def find_songs(folder: Path) -> tuple[SongFiles, ...]:
    """Songs of a folder and all folders below, in order of their names.

    ``song_drums.wav`` and ``song_mix.wav`` lie beside each other, or ``drums.wav`` and the rest
    in a folder called after the song. A name that says nothing is one more stem of the song whose
    folder it lies in, where that folder is a song's; else a song without drums.

    Raises:
        ThresherError: there is no such folder, or a song has two mixes.
    """
    if not folder.is_dir():
        raise ThresherError("stems come in a folder", looked_at=folder)
    found: dict[tuple[Path, str], list[tuple[Path, Part | None]]] = {}
    for path in _recordings(folder):
        title, part = part_of(path.stem)
        place = path.parent
        whole = part is None and any(key == (place, "") for key in _keys(place))
        key = (place, "" if whole else title)
        found.setdefault(key, []).append((path, part))
    return tuple(_song(place, title, files) for (place, title), files in sorted(found.items()))


def holds_stems(folder: Path) -> bool:
    """Whether some song of a folder has drums and, apart from them, a mix or other stems."""
    try:
        songs = find_songs(folder)
    except (OSError, ThresherError):  # whoever reads it will say why
        return False
    return any(song.drums and (song.mix or song.others) for song in songs)


def _keys(place: Path) -> set[tuple[Path, str]]:
    """Songs that a folder's files name, those of files that say nothing left out."""
    named = [part_of(path.stem) for path in _recordings(place, below=False)]
    return {(place, title) for title, part in named if part is not None}


def _song(place: Path, title: str, files: list[tuple[Path, Part | None]]) -> SongFiles:
    mixes = [path for path, part in files if part == "mix"]
    if len(mixes) > 1:
        raise ThresherError(
            f"two recordings are the mix: {mixes[0].name} and {mixes[1].name}",
            looked_at=place,
            hint="keep one of them there",
        )
    return SongFiles(
        title=title or place.resolve().name,
        drums=tuple(path for path, part in files if part == "drums"),
        mix=mixes[0] if mixes else None,
        others=tuple(path for path, part in files if part in ("other", None)),
    )


def _recordings(folder: Path, *, below: bool = True) -> list[Path]:
    paths = folder.rglob("*") if below else folder.iterdir()
    return sorted(
        path
        for path in paths
        if path.suffix.lower() in SUFFIXES and path.is_file() and path.name[0] != "."
    )
