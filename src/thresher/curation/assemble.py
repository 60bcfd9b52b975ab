"""From phrases in order to an edit list: levels, joins, and the exact end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from thresher.audio.meters import lufs_of
from thresher.curation.compose import Placed
from thresher.curation.config import CurationConfig
from thresher.curation.describe import Clip
from thresher.curation.edits import Edit, EditList, Finish, stored_path
from thresher.curation.joins import Join, find_join
from thresher.curation.render import Reader

_QUIETEST_LUFS = -70.0
"""BS.1770's own absolute gate: below it there is nothing to measure."""


def assemble(
    clips: Sequence[Clip],
    placed: Sequence[Placed],
    read: Reader,
    root: Path,
    config: CurationConfig,
    seen: Callable[[Edit], None] = lambda edit: None,
) -> EditList:
    """Level the phrases, find where each hands over to the next, and end on time.

    Every phrase is read once; two are held at a time. ``seen`` hears of each.
    """
    sample_rate = _rate(clips[placed[0].phrase.clip])
    edits: list[Edit] = []
    before = np.zeros(0, np.float32)
    for item in placed:
        edit = whole_phrase(clips[item.phrase.clip], item, len(placed), root)
        sound = read(edit)[edit.source_in : edit.source_out]
        edit = _levelled(edit, sound, sample_rate, config)
        if edits:
            join = find_join(before, sound, sample_rate, config)
            edits[-1], edit = _joined(edits[-1], edit, join, sample_rate, config)
        edits.append(edit)
        before = sound
        seen(edit)
    edits = _ended_on_time(edits, sample_rate, config)
    edits = list(in_song(edits))
    samples = edits[-1].song_out
    return EditList(
        method="thresher",
        sample_rate=sample_rate,
        samples=samples,
        edits=tuple(edits),
        finish=Finish(
            fade_in=min(round(config.fade_in_seconds * sample_rate), samples // 3),
            fade_out=min(round(config.fade_out_seconds * sample_rate), samples // 3),
            ceiling_db=config.ceiling_dbtp,
            lookahead_ms=config.lookahead_ms,
            release_db_per_s=config.release_db_per_s,
        ),
    )


def whole_phrase(clip: Clip, item: Placed, of: int, root: Path) -> Edit:
    """The edit that takes all of a phrase, not yet placed, levelled or joined."""
    reasons = [
        "passed every gate",
        f"choice {item.rank} of {of}: relevance {item.relevance:.2f}, "
        f"similarity to the nearest chosen before it {item.nearest:.2f}",
    ]
    score = {"rank": item.rank, "relevance": item.relevance, "nearest": item.nearest}
    return Edit(
        clip=clip.source.label,
        path=stored_path(clip.source.path, root),
        sha256=clip.sha256,
        run=clip.source.run,
        clip_seed=clip.source.seed,
        source_in=item.phrase.start,
        source_out=item.phrase.stop,
        song_in=0,
        song_out=0,
        overlap=0,
        gain=1.0,
        score={**score, "distance": item.distance},
        reasons=reasons,
    )


def in_song(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Edits with their places in the song, each overlapping the one before."""
    reached = 0
    for edit in edits:
        start = reached - edit.overlap
        reached = start + edit.source_out - edit.source_in
        yield replace(edit, song_in=start, song_out=reached)


def _levelled(
    edit: Edit, sound: Float32[np.ndarray, " samples"], sample_rate: int, config: CurationConfig
) -> Edit:
    lufs = max(lufs_of([sound], sample_rate), _QUIETEST_LUFS)
    gain_db = config.loudness_lufs - lufs
    reasons = [*edit.reasons, f"{lufs:.1f} LUFS brought to {config.loudness_lufs:g}"]
    return replace(edit, gain=float(10 ** (gain_db / 20)), reasons=reasons)


def _joined(
    before: Edit, edit: Edit, join: Join, sample_rate: int, config: CurationConfig
) -> tuple[Edit, Edit]:
    """Both edits cut so that the middle of their crossfade lies where the join says."""
    half = max(1, round(config.crossfade_ms * sample_rate / 2000))
    leave = before.source_out - round(join.out_before_end * sample_rate)
    enter = edit.source_in + round(join.in_after_start * sample_rate)
    how = f"on the beat at {join.bpm:.0f} BPM" if join.bpm else "at the quietest moment"
    follows = f"follows {before.clip}: distance {edit.score['distance']:.2f}, joined {how}"
    return (
        replace(before, source_out=min(before.source_out, leave + half)),
        replace(
            edit,
            source_in=max(edit.source_in, enter - half),
            overlap=2 * half,
            score={**edit.score, "bpm": join.bpm},
            reasons=[*edit.reasons, follows],
        ),
    )


def _ended_on_time(edits: list[Edit], sample_rate: int, config: CurationConfig) -> list[Edit]:
    """The last phrase shortened to the wanted length; dropped if hardly any would be left."""
    if config.minutes <= 0:
        return edits
    least = round(config.shortest_phrase / 2 * sample_rate)
    kept = list(edits)
    while True:
        length = kept[-1].source_out - kept[-1].source_in
        surplus = _length(kept) - round(60 * config.minutes * sample_rate)
        if surplus <= 0:
            return kept
        if length - surplus >= least or len(kept) == 1:
            stop = max(kept[-1].source_out - surplus, kept[-1].source_in + min(least, length))
            kept[-1] = replace(kept[-1], source_out=stop)
            return kept
        kept.pop()


def _length(edits: Sequence[Edit]) -> int:
    return sum(edit.source_out - edit.source_in - edit.overlap for edit in edits)


def _rate(clip: Clip) -> int:
    assert clip.description is not None  # only described clips have phrases
    return clip.description.sample_rate
