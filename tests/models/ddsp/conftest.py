"""A corpus of made notes, with its melody."""

import pytest
import torch

from tests.models.ddsp.tiny_instrument import clarinet
from thresher.audio.files import write_flac
from thresher.corpus import CorpusConfig, build_corpus
from thresher.corpus.sources import Source
from thresher.workspace import Workspace


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def notes(tmp_path_factory):
    """Two files of five seconds, a scale up and one down; windows of one second."""
    folder = tmp_path_factory.mktemp("notes")
    write_flac(folder / "up.flac", clarinet((60, 62, 64, 65, 67)), 16_000)
    write_flac(folder / "down.flac", clarinet((72, 71, 69, 67, 65)), 16_000)
    sources = [Source(folder / name, "A") for name in ("up.flac", "down.flac")]
    config = CorpusConfig(
        recipe="instrument",
        phrase_seconds=1.024,
        phrase_step_seconds=0.512,
        chunk_seconds=1.024,
        validation_fraction=0.2,
    )
    return build_corpus(Workspace(folder / "workspace"), "notes", sources, config)
