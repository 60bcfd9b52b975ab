"""The music of an arm as a corpus of the workspace, built once."""

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from thresher.audio.files import write_flac
from thresher.claims.circuits import CIRCUITS, HELD_OUT_SECONDS, RATE, write_pair
from thresher.claims.claim import Made
from thresher.claims.drumming import stems_folder
from thresher.claims.melodies import brass, clarinet
from thresher.claims.sounds import chunk_scaled, plucks, sine, style
from thresher.corpus import Corpus, CorpusConfig, Source, build_corpus, open_corpus
from thresher.disk import MANIFEST, exclusive
from thresher.errors import ThresherError
from thresher.settings import from_mapping
from thresher.workspace import Workspace

SHORT_WINDOWS = {"window_seconds": 1.0, "validation_fraction": 0.25, "silent_share": 1.0}
"""What made music of some seconds needs: a quarter held out, windows of a second."""

SONGS = {
    "recipe": "stems",
    "sample_rate": 22_050,
    "window_seconds": 1.0,
    "made_songs": 9,
    "made_seconds": 100.0,
}
"""What songs with their drums apart are."""

PAIRS = {
    "recipe": "pairs",
    "sample_rate": RATE,
    "held_out_seconds": HELD_OUT_SECONDS,
    "window_seconds": 1.0,
}
"""What a made amplifier is: an input and an output."""


def corpus_for(workspace: Workspace, made: Made) -> Corpus:
    """The corpus of an arm; it is made of the same sounds wherever it is made.

    Raises:
        ThresherError: settings that no corpus has, or a folder without recordings.
    """
    name = corpus_name(made)
    folder = workspace.corpus(name)
    if (folder / MANIFEST).exists():
        return open_corpus(folder)
    recordings = workspace.recordings(name)
    # Two processes that both build would each invalidate the other's runs.
    while not (folder / MANIFEST).exists():
        try:
            with exclusive(recordings):
                if not (folder / MANIFEST).exists():
                    config = corpus_config(made)
                    build_corpus(workspace, name, _sources(recordings, made, config), config)
        except ThresherError as error:
            if "another thresher process" not in error.problem:
                raise
            time.sleep(0.2)
    return open_corpus(folder)


def corpus_name(made: Made) -> str:
    """A name of its own for every recipe."""
    # Windows lie on a grid of feature rows: with another grid it is another corpus.
    plain = [dataclasses.asdict(made), corpus_config(made).feature_hop]
    text = json.dumps(plain, sort_keys=True)
    return f"{made.sound}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def corpus_config(made: Made) -> CorpusConfig:
    """Settings of the corpus, checked.

    Raises:
        ThresherError: an unknown setting (naming the nearest), or a wrong value.
    """
    usual: Mapping[str, Any] = {} if made.sound == "recordings" else SHORT_WINDOWS
    usual = PAIRS if made.sound in CIRCUITS else usual
    usual = SONGS if made.sound in ("drums", "stems") else usual
    return from_mapping(CorpusConfig, {**usual, **made.settings}, origin=f"corpus of {made.sound}")


def original_gain(corpus: Corpus, made: Made) -> Float[np.ndarray, " samples"]:
    """How many times louder each held-out sample is than in the music itself."""
    gains = np.full(len(corpus.codes), float(corpus.manifest["gain"]))
    if made.chunk_scaled:
        for track, (_, sound) in zip(corpus.tracks, _voices(made, corpus.sample_rate), strict=True):
            scaled = chunk_scaled(sound, corpus.window_samples)[1]
            gains[track.start : track.stop] *= scaled[: track.stop - track.start]
    starts = corpus.windows("validation")[:, 0]
    places = starts[:, None] + np.arange(corpus.window_samples)
    return np.asarray(gains[places.ravel()])


def held_out_codes(corpus: Corpus) -> np.ndarray:
    """The codes that held-out bits are measured on."""
    starts = corpus.windows("validation")[:, 0]
    return np.asarray(corpus.codes[(starts[:, None] + np.arange(corpus.window_samples)).ravel()])


def _sources(folder: Path, made: Made, config: CorpusConfig) -> list[Source | Path]:
    if made.sound == "recordings":
        return [Path(made.folder).expanduser()]
    if made.sound in CIRCUITS:
        return [write_pair(folder, made.sound, made.seconds)]
    if made.sound == "drums":
        return []
    if made.sound == "stems":
        return [stems_folder()]
    sources: list[Source | Path] = []
    for voice, sound in _voices(made, config.sample_rate):
        if made.chunk_scaled:
            sound = chunk_scaled(sound, config.window_samples)[0]
        path = folder / f"{voice}.flac"
        write_flac(path, sound.astype(np.float32), config.sample_rate)
        sources.append(Source(path, voice if made.labelled else "made"))
    return sources


def _voices(made: Made, rate: int) -> list[tuple[str, Float[np.ndarray, " samples"]]]:
    """Every voice of a made sound, by name."""
    if made.sound == "plucks":
        return [("plucks", plucks(made.seconds, rate))]
    if made.sound == "sines":
        return [(f"sine-{k}", sine(k, made.seconds, rate)) for k in made.voices]
    if made.sound in ("clarinet", "brass"):
        play = clarinet if made.sound == "clarinet" else brass
        return [(f"{made.sound}-{k}", play(k, made.seconds, rate)) for k in made.voices]
    return [(f"style-{k}", style(k, made.seconds, rate).astype(float)) for k in made.voices]
