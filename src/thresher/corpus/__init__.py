"""Recordings in, training material out: `build_corpus` makes a folder, `open_corpus` reads it."""

from thresher.corpus.config import CorpusConfig
from thresher.corpus.folder import Corpus, Track, open_corpus

__all__ = ["Corpus", "CorpusConfig", "Track", "open_corpus"]
