"""What a corpus decides about a network, and what steers the result."""

from thresher.corpus import Corpus
from thresher.errors import ThresherError
from thresher.models.family import Conditioning
from thresher.models.wavenet.config import WaveNetConfig
from thresher.settings import replace


def fit_to_corpus(config: WaveNetConfig, corpus: Corpus) -> WaveNetConfig:
    """Take over rate, quantiser, artists and the curves' shape.

    Raises:
        ThresherError: the config asks for a curve that the corpus has not.
    """
    missing = [name for name in config.local_features if name not in corpus.features]
    if missing:
        raise ThresherError(
            f"corpus '{corpus.name}' has no feature '{missing[0]}'",
            looked_at=corpus.folder,
            hint=f"--set local_features=[…] with {', '.join(corpus.features) or 'nothing'}",
        )
    channels = sum(corpus.features[name].shape[1] for name in config.local_features)
    decided = {
        "sample_rate": corpus.sample_rate,
        "quantiser": corpus.config.quantiser,
        "levels": corpus.config.levels,
        "artists": list(corpus.artists) if len(corpus.artists) > 1 else [],
        "local_channels": channels,
        "local_hop": corpus.feature_hop if channels else 0,
    }
    return replace(config, decided, origin=str(corpus.folder))


def steered_by(config: WaveNetConfig) -> Conditioning:
    """Artists and curves that a trained network listens to."""
    return Conditioning(
        artists=config.artists, features=config.local_features, hop=config.local_hop
    )
