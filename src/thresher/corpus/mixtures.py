"""One song as drums and backing, checked: what is not exactly that is refused."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.delay import find_delay
from thresher.audio.files import probe, read_audio
from thresher.corpus.parts import SongFiles
from thresher.errors import ThresherError

SILENT = 1e-4
"""Of full scale: what never gets above it is silent."""

ALONE = 4.0
"""How far the place where drums and mix agree stands out, at least: as for an amplifier's pair."""

EQUAL = 0.1
"""How much louder or softer the drums in the mix may be than the drums beside it, as a share."""

LAGS = 32
"""Samples to either side at which what is left of the drums in the backing is looked for."""

_EXPORT = "export the stems together with the mix, before it is mastered"


class Mixture(NamedTuple):
    """A song whose mix is ``drums + backing``: one rate, mono, the level it came with."""

    title: str
    drums: Float32[np.ndarray, " samples"] | None
    """None where the song has none: its backing alone is of use."""
    backing: Float32[np.ndarray, " samples"]
    made: str
    """What the backing is."""


def read_song(song: SongFiles, sample_rate: int) -> Mixture:
    """Read and check one song.

    Raises:
        ThresherError: rates or lengths differ, the drums are silent, drums and mix do not line
            up, or there is a mix and nothing that says where its drums are.
    """
    if not song.drums and not song.others:
        raise _refused(song, "a mix alone: nothing says what of it is drums", "its drums beside it")
    _insist_on_one_rate(song)
    sounds = {path: read_audio(path, sample_rate=sample_rate).samples for path in song.files}
    _insist_on_one_length(song, {path.name: len(sound) for path, sound in sounds.items()})
    others = " + ".join(path.name for path in song.others)
    rest = _sum([sounds[path] for path in song.others]) if song.others else np.zeros(0, np.float32)
    if not song.drums:
        return Mixture(song.title, None, rest, others)
    drums = _sum([sounds[path] for path in song.drums])
    if not np.abs(drums).max() > SILENT:
        names = " + ".join(path.name for path in song.drums)
        raise _refused(song, f"the drums are silent ({names})", "another recording")
    if song.mix is not None:
        _insist_on_lining_up(song, drums, sounds[song.mix])
        return Mixture(song.title, drums, sounds[song.mix] - drums, f"{song.mix.name} less drums")
    if not song.others:
        return Mixture(song.title, drums, np.zeros_like(drums), "none")
    return Mixture(song.title, drums, rest, others)


def bleed_db(drums: Float32[np.ndarray, " n"], backing: Float32[np.ndarray, " n"]) -> float:
    """How much of the backing is drums all the same, in dB of it.

    The largest correlation within a few samples of each other. Sounds that have nothing in
    common reach -30 by chance.
    """
    scale = float(np.linalg.norm(drums) * np.linalg.norm(backing))
    if not scale:
        return -200.0
    inner = backing[LAGS : len(backing) - LAGS]
    shifted = (drums[LAGS + lag : len(drums) - LAGS + lag] for lag in range(-LAGS, LAGS + 1))
    largest = max(abs(float(inner @ sound)) for sound in shifted)
    return round(20 * float(np.log10(largest / scale + 1e-10)), 1)


def _sum(sounds: Sequence[Float32[np.ndarray, " samples"]]) -> Float32[np.ndarray, " samples"]:
    return np.asarray(np.sum(sounds, axis=0), np.float32)


def _insist_on_one_rate(song: SongFiles) -> None:
    first, *rest = song.files
    rate = probe(first).sample_rate
    for path in rest:
        if (other := probe(path).sample_rate) != rate:
            problem = f"{first.name} is at {rate} Hz, {path.name} at {other} Hz"
            raise _refused(song, problem, "export all of a song at one rate")


def _insist_on_one_length(song: SongFiles, lengths: dict[str, int]) -> None:
    (first, length), *rest = lengths.items()
    for name, other in rest:
        if other != length:
            problem = f"{first} has {length} samples, {name} {other} ({other - length:+d})"
            raise _refused(song, problem, "export all of a song from one beginning to one end")


def _insist_on_lining_up(
    song: SongFiles, drums: Float32[np.ndarray, " n"], mix: Float32[np.ndarray, " n"]
) -> None:
    delay = find_delay(drums, mix)
    share = float(drums @ mix) / float(drums @ drums)
    if delay.likeness < ALONE:
        problem = f"the drums are not in the mix (likeness {delay.likeness:.1f}, wanted {ALONE:g})"
        raise _refused(song, problem, _EXPORT)
    if abs(delay.samples) > 1 or delay.inverted:
        turned = ", upside down" if delay.inverted else ""
        problem = f"in the mix the drums come {delay.samples:+d} samples later{turned}"
        raise _refused(song, problem, _EXPORT)
    if abs(share - 1) > EQUAL:
        problem = f"in the mix the drums are {share:.2f} times as loud as beside it"
        raise _refused(song, problem, _EXPORT)


def _refused(song: SongFiles, problem: str, hint: str) -> ThresherError:
    folder = song.files[0].parent
    return ThresherError(f"song '{song.title}': {problem}", looked_at=folder, hint=hint)
