"""A few seconds of real sound, for a page to work on."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float32

import thresher
from thresher.audio.files import read_audio, stream_audio
from thresher.corpus import Corpus, Pairs, Stems
from thresher.corpus.features import FEATURES, in_stretches

SECONDS = 4.0
BARS_SECONDS = 8.0
"""Of a mix with drums: a few bars, as long as SI-SDR is measured over."""

BEFORE_SECONDS = 1.0
"""What an amplifier heard before an excerpt is heard again: it remembers."""

LEVEL_DBFS = -16.0
"""Where corpora are brought to (`corpus.level_dbfs`), so that networks hear what they know."""

DEMO = Path(thresher.__file__).parents[2] / "demo" / "sectoid"
"""The songs that come with the source; an installed package has none."""

_INTO_DEMO_SECONDS = 40.0


class Excerpt(NamedTuple):
    """Sound in [-1, 1]."""

    audio: Float32[np.ndarray, " samples"]
    sample_rate: int
    said: str
    """Where it is from, to be read in the middle of a sentence."""
    dry: Float32[np.ndarray, " longer"] | None = None
    """What went into the amplifier, where there was one; it ends with ``audio``, begins earlier."""
    knobs: Mapping[str, float] | None = None
    """How the amplifier's knobs stood."""
    drums: Float32[np.ndarray, " samples"] | None = None
    """What of ``audio`` is drums, where that is known."""


def default_excerpt(sample_rate: int) -> Excerpt:
    """From the bundled songs where they are, else a made pluck."""
    songs = sorted(DEMO.glob("*.ogg"))
    if not songs:
        return Excerpt(_levelled(_pluck(sample_rate)), sample_rate, "a made pluck")
    wanted = int((_INTO_DEMO_SECONDS + SECONDS) * sample_rate)
    blocks, heard = [], 0
    for block in stream_audio(songs[0], sample_rate=sample_rate):
        blocks.append(block)
        heard += len(block)
        if heard >= wanted:
            break
    audio = np.concatenate(blocks)[:wanted][-int(SECONDS * sample_rate) :]
    title = songs[0].stem.replace("_", " ").title()
    return Excerpt(_levelled(audio), sample_rate, f"“{title}” by Sectoid, a bundled song")


def excerpt_of_file(path: Path, sample_rate: int) -> Excerpt:
    """From the middle of a recording.

    Raises:
        ThresherError: it cannot be read.
    """
    audio = read_audio(path, sample_rate=sample_rate).samples
    return Excerpt(_levelled(_middle(audio, sample_rate)), sample_rate, path.name)


def excerpt_of_corpus(corpus: Corpus) -> Excerpt:
    """What a run has never been trained on, or else what it has; at the corpus's own level."""
    if corpus.pairs is not None:
        return _excerpt_of_pairs(corpus, corpus.pairs)
    if corpus.stems is not None:
        return _excerpt_of_stems(corpus, corpus.stems)
    windows = corpus.windows("validation")
    held_out = len(windows) > 0
    windows = windows if held_out else corpus.windows("training")
    start = int(windows[len(windows) // 2, 0])
    audio = corpus.audio[start : start + int(SECONDS * corpus.sample_rate)]
    said = f"{'held-out' if held_out else 'training'} music of corpus “{corpus.name}”"
    return Excerpt(audio.astype(np.float32) / 32768, corpus.sample_rate, said)


def _excerpt_of_pairs(corpus: Corpus, pairs: Pairs) -> Excerpt:
    """From the middle of what is held out of the first pair."""
    held_out = pairs.validation[0, 0] < pairs.validation[0, 1]
    first, last = (pairs.validation if held_out else pairs.training)[0].tolist()
    length = min(int(SECONDS * corpus.sample_rate), last - first)
    start = first + (last - first - length) // 2
    before = min(int(BEFORE_SECONDS * corpus.sample_rate), start)
    return Excerpt(
        np.array(pairs.wet[start : start + length]),
        corpus.sample_rate,
        f"{'held-out' if held_out else 'training'} sound of corpus “{corpus.name}”",
        np.array(pairs.dry[start - before : start + length]),
        dict(zip(pairs.knobs, pairs.positions[0].tolist(), strict=True)),
    )


def _excerpt_of_stems(corpus: Corpus, stems: Stems) -> Excerpt:
    """From the middle of the first held-out song that has drums."""
    held_out = len(stems.stretches("validation")) > 0
    split: Literal["training", "validation"] = "validation" if held_out else "training"
    first, last = stems.stretches(split)[0].tolist()
    length = min(int(BARS_SECONDS * corpus.sample_rate), last - first)
    start = first + (last - first - length) // 2
    drums = np.array(stems.drums[start : start + length])
    mix = drums + np.array(stems.backing[start : start + length])
    said = f"{'held-out' if held_out else 'training'} music of corpus “{corpus.name}”"
    return Excerpt(mix, corpus.sample_rate, said, drums=drums)


def curves(
    excerpt: Excerpt, names: tuple[str, ...], hop: int
) -> Float32[np.ndarray, "frames channels"] | None:
    """Slow curves of the excerpt, one row per hop; None where one cannot be measured."""
    known = {feature.name: feature for feature in FEATURES}
    if not names or not hop or not known.keys() >= set(names):
        return None
    rows = [in_stretches(known[n], excerpt.audio, excerpt.sample_rate, hop) for n in names]
    return np.concatenate(rows, axis=1)


def _levelled(audio: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    rms, peak = float(np.sqrt(np.mean(np.square(audio)))), float(np.abs(audio).max(initial=0))
    if not peak > 0:
        return audio.astype(np.float32)
    gain = min(10 ** (LEVEL_DBFS / 20) / rms, 0.999 / peak)
    return (audio * gain).astype(np.float32)


def _middle(audio: Float32[np.ndarray, " n"], sample_rate: int) -> Float32[np.ndarray, " m"]:
    wanted = int(SECONDS * sample_rate)
    start = max(0, (len(audio) - wanted) // 2)
    return audio[start : start + wanted]


def _pluck(sample_rate: int) -> Float32[np.ndarray, " n"]:
    """Five notes with ten partials that die away, the high ones first."""
    time = np.arange(int(SECONDS * sample_rate / 5)) / sample_rate
    notes = []
    for hz, partial in itertools.product((110, 165, 220, 147, 98), range(1, 11)):
        wave = np.sin(2 * np.pi * hz * partial * time) / partial * np.exp(-(1 + partial) * time)
        notes.append(wave if hz * partial < sample_rate / 2 else 0 * wave)
    sums = np.stack(notes).reshape(5, 10, -1).sum(axis=1)
    plucked: Float32[np.ndarray, " n"] = (sums * np.minimum(1, time * 500)).reshape(-1)
    return plucked.astype(np.float32)
