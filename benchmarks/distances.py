"""Whether the distance measure ranks as ears do: broken clips, and the music of two artists.

    python benchmarks/distances.py [FOLDER OF ONE ARTIST] [FOLDER OF ANOTHER]

Prints the Markdown tables of docs/measured.md, 'Distance'. Each folder holds recordings; the
last fifth of every one is held out.
"""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal
from songs import DEMO, RATE, songs

from thresher.audio.distance import FEATURES, features_of, frechet_distance
from thresher.audio.scaling import fit_scaling

HELD_OUT = 0.2
LOOP_SECONDS = 0.8
RMS = 10 ** (-16 / 20)  # the level of a corpus


def noise(clips: list[np.ndarray], snr_db: float) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    amplitudes = [float(clip.std()) * 10 ** (-snr_db / 20) for clip in clips]
    hiss = [a * rng.standard_normal(len(c)) for a, c in zip(amplitudes, clips, strict=True)]
    return [c + h.astype(np.float32) for c, h in zip(clips, hiss, strict=True)]


def silence(clips: list[np.ndarray], share: float) -> list[np.ndarray]:
    return [np.where(np.arange(len(c)) < (1 - share) * len(c), c, np.float32(0)) for c in clips]


def stuck(clips: list[np.ndarray], share: float) -> list[np.ndarray]:
    """From some moment on, the last 0.8 s over and over."""
    return [_stuck(clip, len(clip) - int(share * len(clip))) for clip in clips]


def _stuck(clip: np.ndarray, moment: int) -> np.ndarray:
    loop = clip[max(0, moment - int(LOOP_SECONDS * RATE)) :][: int(LOOP_SECONDS * RATE)]
    return np.concatenate([clip[:moment], np.resize(loop, len(clip) - moment)])


def low_pass(clips: list[np.ndarray], hz: float) -> list[np.ndarray]:
    sections = scipy.signal.butter(8, hz, fs=RATE, output="sos")
    return [scipy.signal.sosfilt(sections, clip).astype(np.float32) for clip in clips]


def quieter(clips: list[np.ndarray], db: float) -> list[np.ndarray]:
    return [clip * np.float32(10 ** (-db / 20)) for clip in clips]


BROKEN: dict[str, tuple[Callable[..., list[np.ndarray]], tuple[float, ...], str]] = {
    "white noise": (noise, (30, 20, 10, 0, -10), "{:g} dB below"),
    "silence": (silence, (0.1, 0.25, 0.5, 0.75, 0.9), "{:.0%}"),
    "stuck in a loop": (stuck, (0.25, 0.5, 0.75, 1.0), "{:.0%}"),
    "low-pass": (low_pass, (6000, 4000, 2000, 1000, 500), "{:g} Hz"),
    "quieter": (quieter, (6, 12, 24, 36), "{:g} dB"),
}


def level(whole: list[np.ndarray]) -> list[np.ndarray]:
    gain = RMS / np.sqrt(np.mean(np.square(np.concatenate(whole))))
    return [np.clip(gain * song, -1, 1).astype(np.float32) for song in whole]


def clips_of(whole: list[np.ndarray], count: int, seconds: float) -> list[np.ndarray]:
    """Evenly spaced, and as many from each recording as from the others."""
    length = int(seconds * RATE)
    each = -(-count // len(whole))
    found = []
    for k, song in itertools.product(range(each), whole):
        start = int((len(song) - length) * (k + 0.5) / each)
        found.append(song[start : start + length])
    return found[:count]


def rows(clips: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([features_of(clip, RATE) for clip in clips])


def split(whole: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    cuts = [int((1 - HELD_OUT) * len(song)) for song in whole]
    train = [song[:cut] for song, cut in zip(whole, cuts, strict=True)]
    return train, [song[cut : -4 * RATE] for song, cut in zip(whole, cuts, strict=True)]


def degradations(name: str, whole: list[np.ndarray]) -> None:
    """Held-out clips, broken more and more, against the rest of the music."""
    train, held_out = split(whole)
    reference = rows(train)
    print(f"\n| {name} | clips | untouched | broken a little … much |\n|---|---|---:|---|")
    for count, seconds in ((16, 10.0), (4, 8.0), (2, 4.0)):
        clips = clips_of(held_out, count, seconds)
        clean = frechet_distance(rows(clips), reference)
        for kind, (broken, amounts, shown) in BROKEN.items():
            found = [frechet_distance(rows(broken(clips, a)), reference) for a in amounts]
            cells = [f"{shown.format(a)}: {f:.2f}" for a, f in zip(amounts, found, strict=True)]
            rises = all(b > a for a, b in itertools.pairwise([clean, *found]))
            verdict = "" if rises else " (does not rise throughout)"
            label = f"{count} × {seconds:g} s"
            print(f"| {kind} | {label} | {clean:.2f} | {', '.join(cells)}{verdict} |")


def artists(names: tuple[str, str], both: tuple[list[np.ndarray], list[np.ndarray]]) -> None:
    """Each artist's held-out music, and the other's, against each artist's training music."""
    print("\n| learned from | held out, same artist | held out, the other | by group: same/other |")
    print("|---|---:|---:|---|")
    parts = [tuple(map(rows, split(whole))) for whole in both]
    for k, name in enumerate(names):
        reference, own = parts[k]
        other = parts[1 - k][1]
        near, far = frechet_distance(own, reference), frechet_distance(other, reference)
        groups = ", ".join(
            f"{g} {means_apart(own, reference, c):.2f}/{means_apart(other, reference, c):.2f}"
            for g, c in FEATURES.items()
        )
        print(f"| {name} | {near:.2f} | {far:.2f} | {groups} |")
    print("\n| drawn from held-out music | own distance | from draw to draw | own is nearer in |")
    print("|---|---:|---:|---:|")
    for count, seconds in ((16, 10.0), (4, 8.0), (2, 4.0)):
        own, wins = small_sets(both, parts, count, seconds)
        varies = f"± {own.std() / own.mean():.0%}"
        cells = (f"{count} clips of {seconds:g} s", f"{own.mean():.2f}", varies)
        print(f"| {' | '.join(cells)} | {wins} of {own.size} |")
    unheard_songs(names, both)


def means_apart(clips: np.ndarray, reference: np.ndarray, columns: slice) -> float:
    """Squared distance of the means in one group of columns; what the spreads add is left out."""
    scaling = fit_scaling(reference, FEATURES)
    apart = (clips.mean(axis=0) - reference.mean(axis=0)) / scaling.spread
    return float(np.square(apart[columns]).sum())


def small_sets(
    both: tuple[list[np.ndarray], ...], parts: list[tuple[np.ndarray, ...]], count: int, s: float
) -> tuple[np.ndarray, int]:
    """Distances of a few held-out clips drawn anew each time, both ways round.

    Also how often they are nearer than as many clips of the other artist.
    """
    rng = np.random.default_rng(0)
    own, wins = [], 0
    held_out = [split(whole)[1] for whole in both]
    for k, _ in itertools.product((0, 1), range(20)):
        drawn = [rows(drawn_clips(whole, count, s, rng)) for whole in held_out]
        near, far = (frechet_distance(drawn[i], parts[k][0]) for i in (k, 1 - k))
        own.append(near)
        wins += near < far
    return np.array(own), wins


def drawn_clips(
    whole: list[np.ndarray], count: int, seconds: float, rng: np.random.Generator
) -> list[np.ndarray]:
    length = int(seconds * RATE)
    chosen = [whole[k % len(whole)] for k in range(count)]
    starts = [int(rng.integers(len(song) - length)) for song in chosen]
    return [song[start : start + length] for song, start in zip(chosen, starts, strict=True)]


def unheard_songs(names: tuple[str, str], both: tuple[list[np.ndarray], ...]) -> None:
    """A whole song held out, against the artist's other songs."""
    songs_rows = [[rows([song]) for song in whole] for whole in both]
    print("\n| held out: a whole song of | own, and the other artist's songs | own is nearer in |")
    print("|---|---|---:|")
    for k, name in enumerate(names):
        wins, cells = 0, []
        for i, own in enumerate(songs_rows[k]):
            reference = np.concatenate([r for j, r in enumerate(songs_rows[k]) if j != i])
            near = frechet_distance(own, reference)
            far = [frechet_distance(other, reference) for other in songs_rows[1 - k]]
            wins += sum(near < f for f in far)
            cells.append(f"{near:.2f}: {' '.join(f'{f:.2f}' for f in far)}")
        pairs = len(songs_rows[0]) * len(songs_rows[1])
        print(f"| {name} | {'; '.join(cells)} | {wins} of {pairs} |")


def main() -> None:
    one = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    whole = level(songs(one))
    degradations(one.name, whole)
    if len(sys.argv) > 2:
        other = Path(sys.argv[2])
        artists((one.name, other.name), (whole, level(songs(other))))


if __name__ == "__main__":
    main()
