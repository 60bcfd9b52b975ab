"""A corpus on disk, opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32, Int16, Int64, UInt8

from thresher.audio.quantise import silence_code
from thresher.corpus.config import CorpusConfig
from thresher.corpus.melody import CURVES, Melody
from thresher.corpus.pairs import Pairs
from thresher.corpus.stems import Stems
from thresher.disk import read_manifest
from thresher.errors import ThresherError
from thresher.settings import from_mapping

SPLITS: tuple[Literal["training", "validation"], ...] = ("training", "validation")


@dataclass(frozen=True, kw_only=True)
class Track:
    """One recording's place in the arrays."""

    start: int
    """First sample; always on a feature row."""
    stop: int
    """One past the last sample of sound; silence may follow up to the next feature row.

    Recipe ``instrument``: one past the silence that fills up the last window.
    """
    path: str
    """Absolute path of the recording."""
    artist: str
    title: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """Recordings as training material; the arrays are memory-mapped and read-only."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    config: CorpusConfig
    codes: UInt8[np.ndarray, " samples"]
    """All recordings end to end, quantised."""
    audio: Int16[np.ndarray, " samples"]
    """The same, linear 16 bit, one gain for all."""
    tracks: tuple[Track, ...]
    artists: tuple[str, ...]
    """Labels in order of appearance; the index is what windows carry."""
    features: dict[str, Float32[np.ndarray, "frames _"]]
    """Curves by name, one row per ``feature_hop`` samples."""
    melody: Melody | None = None
    """Pitch and loudness of one instrument; None unless the recipe is ``instrument``."""
    pairs: Pairs | None = None
    """The sound before and after an amplifier; None unless the recipe is ``pairs``."""
    stems: Stems | None = None
    """Songs as drums and everything else; None unless the recipe is ``stems``."""

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.config.sample_rate

    @property
    def silence_code(self) -> int:
        """The code of a zero sample (128 for mu-law)."""
        return silence_code(self.config.quantiser, self.config.levels)

    @property
    def window_samples(self) -> int:
        """Samples in one window."""
        return self.config.window_samples

    @property
    def feature_hop(self) -> int:
        """Samples per feature row."""
        return self.config.feature_hop

    def windows(self, split: Literal["training", "validation"]) -> Int64[np.ndarray, "n 2"]:
        """Start sample and artist index of each window, in order of time.

        Every start is a whole number of feature rows. Windows of the two splits never share
        a sample, and are at least a window apart within a recording (recipe ``instrument``:
        in different chunks of it).
        """
        return np.asarray(_array(self.folder / f"windows-{split}.npy"))


def open_corpus(folder: Path) -> Corpus:
    """Open a corpus that `build_corpus` left on disk.

    Raises:
        ThresherError: no corpus there, or one whose files are missing or damaged.
    """
    manifest = read_manifest(folder, kind="corpus")
    try:
        tracks = tuple(Track(**track) for track in manifest["tracks"])
        artists = tuple(str(artist) for artist in manifest["artists"])
        features = {name: _array(folder / f"{name}.npy") for name in manifest["features"]}
        corpus = Corpus(
            name=manifest["id"],
            folder=folder,
            manifest=manifest,
            config=from_mapping(CorpusConfig, manifest["settings"], origin=str(folder)),
            codes=_array(folder / "codes.npy"),
            audio=_array(folder / "audio.npy"),
            tracks=tracks,
            artists=artists,
            features=features,
            melody=_melody(folder, manifest),
            pairs=_pairs(folder, manifest),
            stems=_stems(folder, manifest),
        )
    except (KeyError, TypeError) as error:
        raise _damaged(folder, f"manifest.json lacks or garbles {error}") from None
    if len(corpus.codes) != len(corpus.audio) or len(corpus.codes) < tracks[-1].stop:
        raise _damaged(folder, "codes, audio and tracks differ in length")
    if corpus.melody and len(corpus.melody.f0_hz) * corpus.melody.hop != len(corpus.audio):
        raise _damaged(folder, "audio and melody differ in length")
    if corpus.pairs and not len(corpus.pairs.dry) == len(corpus.pairs.wet) == len(corpus.audio):
        raise _damaged(folder, "audio and the pairs' two sides differ in length")
    if corpus.stems and not (
        len(corpus.stems.drums) == len(corpus.stems.backing) == len(corpus.audio)
    ):
        raise _damaged(folder, "audio, drums and backing differ in length")
    return corpus


def _melody(folder: Path, manifest: dict[str, Any]) -> Melody | None:
    if "melody" not in manifest:
        return None
    curves = {name: _array(folder / f"{name}.npy") for name in CURVES}
    return Melody(hop=int(manifest["melody"]["hop"]), **curves)


def _pairs(folder: Path, manifest: dict[str, Any]) -> Pairs | None:
    if "pairs" not in manifest:
        return None
    knobs, told = tuple(map(str, manifest["pairs"]["knobs"])), manifest["pairs"]["of"]
    positions = np.array([[pair["knobs"][name] for name in knobs] for pair in told], np.float32)
    return Pairs(
        dry=_array(folder / "dry.npy"),
        wet=_array(folder / "wet.npy"),
        knobs=knobs,
        positions=positions.reshape(len(told), len(knobs)),
        training=np.array([pair["training"] for pair in told], np.int64),
        validation=np.array([pair["validation"] for pair in told], np.int64),
    )


def _stems(folder: Path, manifest: dict[str, Any]) -> Stems | None:
    if "stems" not in manifest:
        return None
    told = manifest["stems"]["of"]
    return Stems(
        drums=_array(folder / "drums.npy"),
        backing=_array(folder / "backing.npy"),
        songs=tuple(str(song["title"]) for song in told),
        with_drums=np.array([song["with_drums"] for song in told], bool),
        training=np.array([song["training"] for song in told], np.int64),
        validation=np.array([song["validation"] for song in told], np.int64),
    )


def _array(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, f"cannot read {path.name}: {error}") from None
    return array


def _damaged(path: Path, problem: str) -> ThresherError:
    return ThresherError(
        problem, looked_at=path, hint="build the corpus again: thresher corpus NAME RECORDINGS…"
    )
