"""What a corpus decides about an amplifier: its rate and its knobs."""

from thresher.corpus import Corpus, Pairs
from thresher.errors import ThresherError
from thresher.models.amp.config import AmpConfig
from thresher.settings import replace


def fit_to_pairs(config: AmpConfig, corpus: Corpus) -> AmpConfig:
    """Fill in rate and knobs.

    Raises:
        ThresherError: the corpus holds no pairs.
    """
    knobs = list(pairs_of(corpus).knobs)
    decided = {"sample_rate": corpus.sample_rate, "knobs": knobs}
    return replace(config, decided, origin=str(corpus.folder))


def pairs_of(corpus: Corpus) -> Pairs:
    """The corpus's pairs.

    Raises:
        ThresherError: it has none.
    """
    if corpus.pairs is None:
        raise ThresherError(
            f"corpus '{corpus.name}' has no pairs, which an amplifier is learned from",
            looked_at=corpus.folder,
            hint="thresher corpus NAME FOLDER, with input.wav and output.wav in it",
        )
    return corpus.pairs
