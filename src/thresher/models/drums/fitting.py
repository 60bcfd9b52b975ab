"""What a corpus decides about drums: the rate, and how loud each input is on the mean."""

import numpy as np
from jaxtyping import Float32

from thresher.corpus import Corpus, Stems
from thresher.errors import ThresherError
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.ear import Ear
from thresher.settings import replace

MOST_SECONDS = 60
"""Of each song: what a minute's mean is not, a song's is not either."""

LEAST_SPREAD = 0.05
"""Of an input that hardly ever changes."""


def fit_to_stems(config: DrumsConfig, corpus: Corpus) -> DrumsConfig:
    """Fill in rate, means and spreads.

    Raises:
        ThresherError: the corpus holds no stems, or its rate is too low.
    """
    stems = stems_of(corpus)
    config = replace(config, {"feature_means": [], "feature_spreads": []})
    config = replace(config, {"sample_rate": corpus.sample_rate}, origin=str(corpus.folder))
    heard = np.concatenate(
        [
            _features(stems, config, start, stop)
            for start, stop in stems.stretches("training").tolist()
        ]
    )
    features = heard.astype(np.float64)
    spreads = np.maximum(features.std(axis=0), LEAST_SPREAD)
    decided = {
        "feature_means": np.round(features.mean(axis=0), 3).tolist(),
        "feature_spreads": np.round(spreads, 3).tolist(),
    }
    return replace(config, decided, origin=str(corpus.folder))


def stems_of(corpus: Corpus) -> Stems:
    """The corpus's stems.

    Raises:
        ThresherError: it has none.
    """
    if corpus.stems is None:
        raise ThresherError(
            f"corpus '{corpus.name}' has no stems, which drums are learned from",
            looked_at=corpus.folder,
            hint="thresher corpus NAME FOLDER, with song_drums.wav and song_mix.wav in it",
        )
    return corpus.stems


def _features(
    stems: Stems, config: DrumsConfig, start: int, stop: int
) -> Float32[np.ndarray, "frames features"]:
    seconds = min((stop - start) / config.sample_rate, MOST_SECONDS)
    stop = start + int(seconds * 100) * config.hop
    mix = stems.drums[start:stop] + stems.backing[start:stop]
    hops = len(mix) // config.hop * config.hop
    return Ear(config.sample_rate, config.bands).hear(mix[:hops])[0].features
