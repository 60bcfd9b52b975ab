"""What crossfades, the search for a quiet moment, the beat and the limiter do to sound.

    python benchmarks/joins.py

Prints the Markdown tables of docs/measured.md.
"""

from collections.abc import Callable, Iterable

import numpy as np
import scipy.signal
from songs import RATE, excerpts, songs

from thresher.audio.meters import limited
from thresher.curation.config import CurationConfig
from thresher.curation.joins import find_beat, find_join
from thresher.curation.render import equal_power


def db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-20)))


def splash(fade_ms: float) -> float:
    """Power above 2 kHz in the 50 ms about a join of two bass notes, dB re their own power."""
    t = np.arange(RATE) / RATE
    one, two = (0.5 * np.sin(2 * np.pi * hz * t + phase) for hz, phase in ((82.0, 1), (110.0, 3)))
    fade = round(fade_ms / 1000 * RATE)
    up, down = equal_power(fade)
    middle = one[RATE // 2 :][:fade] * down + two[RATE // 2 :][:fade] * up
    whole = np.concatenate([one[: RATE // 2], middle, two[RATE // 2 + fade :]])
    high = scipy.signal.sosfilt(scipy.signal.butter(4, 2000, "high", fs=RATE, output="sos"), whole)
    near = slice(RATE // 2 - RATE // 40, RATE // 2 + fade + RATE // 40)
    return db(np.square(high[near]).mean()) - db(np.square(one).mean())


def at_the_join(ending: np.ndarray, beginning: np.ndarray, config: CurationConfig) -> float:
    """Level under the crossfade, dB re the two phrases."""
    join = find_join(ending, beginning, RATE, config)
    half = round(config.crossfade_ms / 2000 * RATE)
    leave = len(ending) - round(join.out_before_end * RATE)
    enter = round(join.in_after_start * RATE)
    parts = (
        ending[max(0, leave - half) : leave + half],
        beginning[max(0, enter - half) : enter + half],
    )
    local = np.mean([np.square(p).mean() for p in parts])
    return db(local) - db((np.square(ending).mean() + np.square(beginning).mean()) / 2)


def crossfades(real: list[np.ndarray]) -> None:
    print("| crossfade | power above 2 kHz at the join of two bass notes |")
    print("|---:|---:|")
    for ms in (0, 2, 5, 20, 60, 120):
        print(f"| {ms} ms | {splash(ms):.0f} dB |")
    pairs = list(zip(real[::2], real[1::2], strict=False))
    print(f"\n| `join_search_ms` | level at the join of two real phrases (mean of {len(pairs)}) |")
    print("|---:|---:|")
    for ms in (40, 100, 250, 450):
        config = CurationConfig(join_search_ms=ms, beat_strength=1.0)
        found = np.mean([at_the_join(a, b, config) for a, b in pairs])
        print(f"| {ms} | {found:.1f} dB |")


def beats(real: list[np.ndarray]) -> None:
    """In how many stretches of 8 s a beat is found."""
    rng = np.random.default_rng(0)
    noise = [rng.standard_normal(8 * RATE).astype(np.float32) * 0.1 for _ in range(24)]
    print(f"\n| `beat_strength` | beat found in {len(real)} stretches of metal | in 24 of noise |")
    print("|---:|---:|---:|")
    for strength in (0.05, 0.1, 0.2, 0.3, 0.5):
        found = [
            sum(find_beat(s[: 8 * RATE], RATE, strength) is not None for s in each)
            for each in (real, noise)
        ]
        print(f"| {strength:g} | {found[0]} | {found[1]} |")


def turned_down(sound: np.ndarray, lookahead_ms: float, release: float) -> np.ndarray:
    asked = {"lookahead_ms": lookahead_ms, "release_db_per_s": release}
    blocks: Iterable[np.ndarray] = limited(
        [sound.astype(np.float32)], RATE, ceiling_db=-1.0, **asked
    )
    return np.concatenate(list(blocks))


def distortion(sound: np.ndarray, hz: float) -> float:
    """Power away from one tone (beyond a quarter of its pitch), dB re the tone."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - hz) < hz / 4
    return db(power[~near].sum()) - db(power[near].sum())


def limiter() -> None:
    t = np.arange(2 * RATE) / RATE
    hits = np.zeros_like(t)
    hits[RATE // 8 :: RATE // 4] = 1.6  # one click every quarter second, 6 dB too loud
    tone = 0.3 * np.sin(2 * np.pi * 1000 * t)
    print("\n| lookahead | a 1 kHz tone under clicks 6 dB too loud: side tones |")
    print("|---:|---:|")
    for ms in (1.0, 2.0, 5.0, 10.0, 20.0):
        left = turned_down(tone + hits, ms, 60.0)
        left = left - hits * np.divide(left, tone + hits, where=hits > 0, out=np.zeros_like(t))
        print(f"| {ms:g} ms | {distortion(left, 1000.0):.1f} dB |")
    print("\n| release | a tone under 4 hits a second, 6 dB too loud: level lost | it flutters |")
    print("|---:|---:|---:|")
    for release in (10.0, 30.0, 60.0, 200.0, 1000.0):
        after = turned_down(tone + hits, 5.0, release)[hits == 0]
        lost = db(np.square(after).mean()) - db(np.square(tone).mean())
        loud = (
            np.square(after[RATE // 2 :][: RATE // 100 * 100]).reshape(-1, RATE // 100).mean(axis=1)
        )
        steepest = np.diff(10 * np.log10(loud)).max()
        print(f"| {release:g} dB/s | {lost:.1f} dB | {steepest:.2f} dB in 10 ms |")


def main() -> None:
    real = excerpts(songs(), 10.0, every=30.0)
    parts: tuple[Callable[[list[np.ndarray]], None], ...] = (crossfades, beats)
    for part in parts:
        part(real)
    limiter()


if __name__ == "__main__":
    main()
