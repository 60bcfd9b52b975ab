"""Which files are the two sides of a pair, and how the amplifier's knobs stood."""

import math
from pathlib import Path
from typing import NamedTuple

from thresher.corpus.sources import SUFFIXES
from thresher.disk import read_json
from thresher.errors import ThresherError

SIDES = ("input", "output")
KNOBS = "knobs.json"
MOST_KNOBS = 8


class PairFiles(NamedTuple):
    """Two recordings of the same playing."""

    dry: Path
    wet: Path
    knobs: dict[str, float]
    label: str
    """What the pair is called: its folder."""


def holds_pairs(folder: Path) -> bool:
    """Whether a folder, or one right below it, has a recording named as one side of a pair."""
    try:
        return folder.is_dir() and any(map(_sides, (folder, *_folders(folder))))
    except (OSError, ThresherError):  # whoever reads it will say why
        return False


def find_pairs(folder: Path) -> tuple[PairFiles, ...]:
    """An ``input`` and an ``output`` of a folder, or of each folder right below it.

    An ``input`` above serves the folders below that have none of their own: the same playing
    is often sent through an amplifier at many settings.

    Raises:
        ThresherError: a side is missing or there twice, or knobs that make no sense.
    """
    if not folder.is_dir():
        raise ThresherError(
            "a pair is a folder with two recordings, input and output", looked_at=folder
        )
    above = _sides(folder)
    if "output" in above:
        found = [_pair(folder, above, {})]
    else:
        below = [(sub, sides) for sub in _folders(folder) if (sides := _sides(sub))]
        found = [_pair(sub, {**above, **sides}, _knobs(sub)) for sub, sides in below]
    if not found:
        raise _missing(folder, above)
    _insist_on_same_knobs(found)
    return tuple(found)


def _pair(folder: Path, sides: dict[str, Path], knobs: dict[str, float]) -> PairFiles:
    if len(sides) < 2:
        raise _missing(folder, sides)
    return PairFiles(sides["input"], sides["output"], knobs, folder.resolve().name)


def _missing(folder: Path, sides: dict[str, Path]) -> ThresherError:
    lacking = " and ".join(f"no {side}" for side in SIDES if side not in sides)
    return ThresherError(
        f"not a pair: there is {lacking} recording here",
        looked_at=folder,
        hint="input.wav, what went into the amplifier, and output.wav, what came out",
    )


def _sides(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        side = path.stem.lower()
        if side in SIDES and path.suffix.lower() in SUFFIXES and path.is_file():
            if side in found:
                raise ThresherError(
                    f"two recordings are the {side}: {found[side].name} and {path.name}",
                    looked_at=folder,
                    hint="keep one of them there",
                )
            found[side] = path
    return found


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")


def _knobs(folder: Path) -> dict[str, float]:
    """From ``knobs.json``, or out of the folder's name: "gain=0.3,tone=0.7"."""
    if (folder / KNOBS).is_file():
        written, said_by = read_json(folder / KNOBS), folder / KNOBS
    else:
        said_by = folder
        written = dict(part.split("=", 1) for part in folder.name.split(",") if "=" in part)
    if not isinstance(written, dict):
        raise ThresherError("knobs are names with a number each", looked_at=said_by)
    return {str(name).strip(): _position(name, value, said_by) for name, value in written.items()}


def _position(name: object, value: object, said_by: Path) -> float:
    try:
        position = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        position = math.nan
    if not 0 <= position <= 1:
        raise ThresherError(
            f"knob {name!r} stands at {value!r}", looked_at=said_by, hint="a number from 0 to 1"
        )
    return position


def _insist_on_same_knobs(pairs: list[PairFiles]) -> None:
    names = sorted(pairs[0].knobs)
    for pair in pairs:
        if sorted(pair.knobs) != names:
            raise ThresherError(
                f"knobs differ: {pairs[0].label} has {names}, {pair.label} {sorted(pair.knobs)}",
                looked_at=pair.wet.parent,
                hint=f"the same names in every {KNOBS}",
            )
    if len(names) > MOST_KNOBS:
        raise ThresherError(f"{len(names)} knobs, at most {MOST_KNOBS} can be learned")
    if len(pairs) > 1 and not names:
        raise ThresherError(
            f"{len(pairs)} pairs, but nothing says what differs between them",
            looked_at=pairs[0].wet.parent,
            hint=f'{KNOBS} in each folder: {{"gain": 0.3}}; or call the folder gain=0.3',
        )
