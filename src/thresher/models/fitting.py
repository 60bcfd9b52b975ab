"""What a corpus decides about a network of codes, and what steers the result."""

from typing import Any, Protocol, TypeVar, runtime_checkable

from thresher.corpus import Corpus
from thresher.errors import ThresherError
from thresher.models.family import Conditioning
from thresher.settings import replace


@runtime_checkable
class Steered(Protocol):
    """The settings that every family of codes has under the same names."""

    @property
    def artists(self) -> tuple[str, ...]:
        """Labels."""
        ...

    @property
    def local_features(self) -> tuple[str, ...]:
        """Names of curves, in channel order."""
        ...

    @property
    def local_hop(self) -> int:
        """Samples per row of them."""
        ...


_Config = TypeVar("_Config", bound=Steered)


def fit_to_corpus(config: _Config, corpus: Corpus) -> _Config:
    """Fill in rate, quantiser, artists and the width of the curves.

    Raises:
        ThresherError: the corpus lacks a curve that the config asks for.
    """
    for name in config.local_features:
        if name not in corpus.features:
            raise ThresherError(
                f"corpus '{corpus.name}' has no feature '{name}'",
                looked_at=corpus.folder,
                hint=f"thresher corpus {corpus.name} RECORDINGS again measures every curve there "
                f"is; or --set local_features=[…] with {', '.join(corpus.features) or 'nothing'}",
            )
    channels = sum(corpus.features[name].shape[1] for name in config.local_features)
    decided: dict[str, Any] = {
        "sample_rate": corpus.sample_rate,
        "quantiser": corpus.config.quantiser,
        "levels": corpus.config.levels,
        "artists": list(corpus.artists) if len(corpus.artists) > 1 else [],
        "local_channels": channels,
        "local_hop": corpus.feature_hop if channels else 0,
    }
    return replace(config, decided, origin=str(corpus.folder))


def steered_by(config: Steered) -> Conditioning:
    """Artists and curves that a trained network listens to."""
    return Conditioning(
        artists=config.artists, features=config.local_features, hop=config.local_hop
    )
