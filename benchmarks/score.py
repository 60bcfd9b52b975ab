"""How well models play the score they are given: the curves of a recording beside those of clips.

    python benchmarks/score.py SONG.ogg CHECKPOINT…

Every model plays the middle of SONG by the curves it follows. Then all curves of its clips and
of the recording are laid side by side, also those that it never saw. Prints the Markdown table
of docs/sound.md, 'Does it play its score?'.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from songs import RATE, mono

from thresher.audio.files import read_audio, write_flac
from thresher.corpus.features import FEATURES, in_stretches
from thresher.generation import GenerationConfig, generate_clips
from thresher.workspace import Workspace

HOP = 512
SECONDS, CLIPS = 20.0, 3
CLEAR = 0.2
"""A note this far above an even share of the energy is one that ears hear."""


def level_error_db(score: np.ndarray, played: np.ndarray) -> str:
    """Mean distance of levels, which are curves of dB/40 + 1."""
    return f"{40 * np.abs(score - played).mean():.1f} dB off"


def same_note(score: np.ndarray, played: np.ndarray) -> str:
    """Of the rows in which one note is clearly heard: where the clip's loudest is the same."""
    clear = score.max(axis=1) > CLEAR
    same = score[clear].argmax(axis=1) == played[clear].argmax(axis=1)
    return f"{same.mean():.0%} the same note"


LIKENESS: dict[str, Callable[[np.ndarray, np.ndarray], str]] = {
    "loudness": level_error_db,
    "chroma": same_note,
    "bass": same_note,
    "bands": level_error_db,
}


def curves(sound: np.ndarray) -> dict[str, np.ndarray]:
    return {f.name: in_stretches(f, sound, RATE, HOP) for f in FEATURES}


def likeness(scores: list[dict[str, np.ndarray]], clips: list[dict[str, np.ndarray]]) -> list[str]:
    """Of every curve, over all clips: how near what is played is to what was asked for."""
    found = []
    for name, measure in LIKENESS.items():
        asked = np.concatenate([score[name] for score in scores])
        found.append(measure(asked, np.concatenate([clip[name] for clip in clips])))
    return found


def levelled(sound: np.ndarray) -> np.ndarray:
    """At -16 dBFS, where a corpus is."""
    return sound * np.float32(10 ** (-16 / 20) / sound.std())


def clips_of(checkpoint: Path, score: Path, place: Path) -> Iterator[np.ndarray]:
    """What the model makes of the score, each clip at the level of a corpus."""
    made = generate_clips(
        Workspace(place),
        str(checkpoint),
        GenerationConfig(clips=CLIPS, seconds=SECONDS),
        shape_from=score,
    )
    for clip in made.clips:
        yield levelled(read_audio(clip.path).samples)


def main(song: str, checkpoints: list[str]) -> None:
    whole = mono(Path(song))
    start = (len(whole) - int(SECONDS * RATE)) // 2
    sound = levelled(whole[start : start + int(SECONDS * RATE)])
    scores = [curves(sound)] * CLIPS
    print("| | " + " | ".join(LIKENESS) + " |\n|---|" + "---|" * len(LIKENESS))
    elsewhere = [curves(levelled(whole[start // 2 :][: len(sound)]))] * CLIPS
    print(f"| another place of the song | {' | '.join(likeness(scores, elsewhere))} |")
    with tempfile.TemporaryDirectory() as place:
        score = Path(place) / "score.flac"
        write_flac(score, sound, RATE)
        for checkpoint in checkpoints:
            heard = [curves(clip) for clip in clips_of(Path(checkpoint), score, Path(place))]
            print(f"| {checkpoint} | {' | '.join(likeness(scores, heard))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
