"""Recordings in, training material out: `build_corpus` makes a folder, `open_corpus` reads it."""

from thresher.corpus.build import build_corpus
from thresher.corpus.config import CorpusConfig
from thresher.corpus.folder import Corpus, Track, open_corpus
from thresher.corpus.melody import Melody
from thresher.corpus.pairs import Pairs
from thresher.corpus.plan import NothingUsableError
from thresher.corpus.sources import Source
from thresher.corpus.stems import Stems

__all__ = [
    "Corpus",
    "CorpusConfig",
    "Melody",
    "NothingUsableError",
    "Pairs",
    "Source",
    "Stems",
    "Track",
    "build_corpus",
    "open_corpus",
]
