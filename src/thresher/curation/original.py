"""The original's method, bug for bug, to compare with. Nobody should release with it.

After ``samplernn-scripts/curation.py`` of the report as specs/curation.md describes it: trim
each clip's ends relative to its own peak, fingerprint, compare all pairs, keep the pairs in
a dictionary whose key is the score, so that pairs with equal scores overwrite each other and
about half of the clips are lost; then append pairs by falling score, butt to butt.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt32

from thresher.audio.descriptors import chroma
from thresher.audio.files import read_audio
from thresher.audio.fingerprint import fingerprints
from thresher.curation.accounts import Account
from thresher.curation.chromaprint import chromaprint, fpcalc
from thresher.curation.edits import Edit, EditList, stored_path
from thresher.curation.sources import Source
from thresher.disk import content_hash
from thresher.errors import ThresherError

_FRAME, _HOP, _BELOW_PEAK_DB = 256, 64, 50.0


def trim_like_the_seed(samples: Float32[np.ndarray, " samples"]) -> tuple[int, int]:
    """First and one-after-last sample that its peak-relative trimming keeps.

    As ``librosa.effects.trim(top_db=50, frame_length=256, hop_length=64)``: only the ends,
    and relative to the clip's own loudest frame, so near-silent clips count as loud.
    """
    padded = np.pad(samples.astype(np.float64), _FRAME // 2)
    total = np.concatenate([[0.0], np.cumsum(np.square(padded))])
    starts = np.arange(0, len(padded) - _FRAME + 1, _HOP)
    power = np.maximum(total[starts + _FRAME] - total[starts], 0) / _FRAME
    loud = np.flatnonzero(power > max(float(power.max()), 1e-10) * 10 ** (-_BELOW_PEAK_DB / 10))
    if not len(loud):
        return 0, 0
    return int(loud[0]) * _HOP, min(len(samples), (int(loud[-1]) + 1) * _HOP)


def all_scores(words: Sequence[UInt32[np.ndarray, " _"]]) -> dict[tuple[int, int], float]:
    """Score of every ordered pair of clips, in the order in which the original meets them.

    The original's own nested loops stand in ``benchmarks/curation.py``; sums of bits are
    exact, so these scores are equal to its scores to the last bit, collisions included.
    """
    lengths = np.array([len(w) for w in words])
    table = np.zeros((len(words), int(lengths.max(initial=0))), np.uint32)
    for k, w in enumerate(words):
        table[k, : len(w)] = w
    scores = {}
    for a in range(len(words)):
        shorter = np.minimum(lengths, lengths[a])
        differ = np.bitwise_count(table[:, : lengths[a]] ^ table[a, : lengths[a]])
        beyond = np.arange(lengths[a]) >= shorter[:, None]
        bits = np.where(beyond, 0, differ).sum(axis=1, dtype=np.int64)
        for b in range(len(words)):
            if a != b:
                scores[a, b] = (32 * int(shorter[b]) - int(bits[b])) / 32 / int(shorter[b])
    return scores


def order_like_the_seed(scores: dict[tuple[int, int], float]) -> list[int]:
    """Clips in the original's order; those lost to equal scores are missing."""
    pairs: dict[float, tuple[int, int]] = {}
    for pair, score in scores.items():
        pairs[score] = pair  # the bug: a later pair with this score takes the place
    order: list[int] = []
    for score in sorted(pairs, reverse=True):
        first, second = pairs[score]
        if first not in order and second not in order:
            order += [first, second]
    return order


def arrange_like_the_seed(
    sources: Sequence[Source], root: Path, seen: Callable[[], None] = lambda: None
) -> tuple[EditList, tuple[Account, ...]]:
    """The original's edit list, and what became of every clip.

    Fingerprints are real Chromaprint where ``fpcalc`` is installed, else our own. The sample
    rate is the first clip's: like the original, nothing checks the others.

    Raises:
        ThresherError: no two clips are long enough for a fingerprint.
    """
    program = fpcalc()
    heard = []
    for source in sorted(sources, key=lambda source: source.label):
        heard.append(_heard(source, program))
        seen()
    able = [clip for clip in heard if len(clip.words)]
    order = order_like_the_seed(all_scores([clip.words for clip in able]))
    if not order:
        raise ThresherError(
            f"of {len(heard)} clips {len(able)} are long enough for a fingerprint, "
            "the original method needs two",
            hint="clips of 3 s or more",
        )
    edits = tuple(_butt_joined([able[k] for k in order], root))
    arranged = EditList(
        method="seed (the original, bugs included)",
        sample_rate=able[0].sample_rate,
        samples=edits[-1].song_out,
        edits=edits,
        finish=None,
    )
    used = {able[k].source.label for k in order}
    return arranged, tuple(_account(clip, clip.source.label in used) for clip in heard)


class _Heard(NamedTuple):
    source: Source
    sha256: str
    sample_rate: int
    samples: int
    start: int
    stop: int
    words: UInt32[np.ndarray, " words"]
    problem: str


def _heard(source: Source, program: str | None) -> _Heard:
    nothing = np.zeros(0, np.uint32)
    try:
        sha256 = content_hash(source.path)
        samples, sample_rate = read_audio(source.path)
    except (ThresherError, OSError) as error:
        problem = error.problem if isinstance(error, ThresherError) else str(error.strerror)
        return _Heard(source, "", 1, 0, 0, 0, nothing, problem)
    start, stop = trim_like_the_seed(samples)
    trimmed = samples[start:stop]
    if not len(trimmed):
        words = nothing
    elif program is None:
        words = fingerprints(chroma(trimmed, sample_rate))[0].words
    else:
        words = chromaprint(trimmed, sample_rate, program)
    return _Heard(source, sha256, sample_rate, len(samples), start, stop, words, "")


def _butt_joined(clips: Sequence[_Heard], root: Path) -> Iterator[Edit]:
    reached = 0
    for clip in clips:
        start, reached = reached, reached + clip.stop - clip.start
        yield Edit(
            clip=clip.source.label,
            path=stored_path(clip.source.path, root),
            sha256=clip.sha256,
            run=clip.source.run,
            clip_seed=clip.source.seed,
            source_in=clip.start,
            source_out=clip.stop,
            song_in=start,
            song_out=reached,
            overlap=0,
            gain=1.0,
            score={},
            reasons=["one of a pair in the original's order of similarity"],
        )


def _account(clip: _Heard, used: bool) -> Account:
    reasons: tuple[tuple[str, str], ...] = ()
    if clip.problem:
        reasons = (("unreadable", clip.problem),)
    elif not len(clip.words):
        reasons = (("no fingerprint", "under 2.7 s: the original leaves it out silently"),)
    elif not used:
        reasons = (("lost", "all its pairs were overwritten or came too late: the known bug"),)
    return Account(
        clip=clip.source.label,
        path=str(clip.source.path),
        sha256=clip.sha256,
        run=clip.source.run,
        seed=clip.source.seed,
        seconds=clip.samples / clip.sample_rate,
        verdict="used" if not reasons else "rejected",
        used_seconds=(clip.stop - clip.start) / clip.sample_rate if not reasons else 0.0,
        reasons=tuple(name for name, _ in reasons),
        why=tuple(sentence for _, sentence in reasons),
        warnings=(),
        measures={},
    )
