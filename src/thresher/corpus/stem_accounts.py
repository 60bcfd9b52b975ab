"""What is told of songs in stems: levels, bleed, and what every recording was taken as."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.loudness import rms_db
from thresher.corpus.config import CorpusConfig
from thresher.corpus.mixtures import Mixture, bleed_db
from thresher.corpus.parts import SongFiles
from thresher.corpus.side_by_side import Span
from thresher.errors import ThresherError


class Refused(NamedTuple):
    """A song that cannot be used."""

    title: str
    problem: str
    where: str
    hint: str | None


def no_drums(folder: Path, songs: Sequence[SongFiles]) -> ThresherError:
    """The error for a folder in which no name says drums."""
    found = ", ".join(song.title for song in songs[:3]) or "no recordings"
    return ThresherError(
        "no stems: no recording there is called drums, kick, snare or hat",
        looked_at=f"{folder} ({found})",
        hint="song_drums.wav and song_mix.wav, or a folder per song with drums.wav and the rest",
    )


def nothing_usable(refused: Sequence[Refused]) -> ThresherError:
    """The error for songs that were all refused: why the first one was."""
    told = [song for song in refused if "mix alone" not in song.problem] or list(refused)
    more = f" (and {len(told) - 1} more songs)" if len(told) > 1 else ""
    if not told:
        return ThresherError("no song there has drums", hint="song_drums.wav beside song_mix.wav")
    return ThresherError(told[0].problem + more, looked_at=told[0].where, hint=told[0].hint)


def facts_of(mixture: Mixture, span: Span, gain: float, config: CorpusConfig) -> dict[str, Any]:
    """What the manifest says of a song; levels in dBFS after the gain."""
    told: dict[str, Any] = {
        "title": mixture.title,
        "backing": mixture.made,
        "backing_db": _db(mixture.backing, gain),
        "seconds": round(len(mixture.backing) / config.sample_rate, 3),
        "with_drums": mixture.drums is not None,
        **span,
    }
    if mixture.drums is not None:
        rows = rms_db(mixture.drums, config.feature_hop)
        sounding = int(np.count_nonzero(rows > config.silence_dbfs)) * config.feature_hop
        told |= {
            "drums_db": _db(mixture.drums, gain),
            "drums_seconds": round(sounding / config.sample_rate, 3),
            "bleed_db": bleed_db(mixture.drums, mixture.backing),
        }
    return told


def _db(sound: Float32[np.ndarray, " n"], gain: float) -> float:
    mean = float(np.mean(np.square(sound, dtype=np.float64)))
    return round(10 * float(np.log10(mean * gain**2 + 1e-20)), 2)


def accounts(
    songs: Sequence[SongFiles],
    mixtures: Sequence[Mixture],
    refused: Sequence[Refused],
    hashes: Sequence[str | None],
    config: CorpusConfig,
) -> list[dict[str, Any]]:
    """What the manifest and the table say of every recording."""
    rate = config.sample_rate
    if not songs:
        return [_account(m.title, m.title, None, len(m.backing) / rate, "") for m in mixtures]
    why = {song.title: song.problem for song in refused}
    lengths = {mixture.title: len(mixture.backing) / rate for mixture in mixtures}
    sha256, told = iter(hashes), []
    for song in songs:
        for path in song.files:
            seconds = lengths.get(song.title)
            told.append(_account(str(path), song.title, next(sha256), seconds, _role(song, path)))
            if song.title in why:
                told[-1] |= {"used": False, "note": why[song.title]}
    return told


def _account(
    path: str, song: str, sha256: str | None, seconds: float | None, note: str
) -> dict[str, Any]:
    told: dict[str, Any] = {"path": path, "title": Path(path).stem, "artist": song}
    told |= {"sha256": sha256}
    told |= {"used": True, "note": note, "clipped_samples": 0, "dropped": []}
    if seconds is not None:
        told |= {"seconds": round(seconds, 3), "used_seconds": round(seconds, 3)}
    return told


def _role(song: SongFiles, path: Path) -> str:
    if path in song.drums:
        return "taken as drums"
    if path == song.mix:
        return "taken as the mix" if song.drums else "not used"
    return "not used: the mix less the drums has it" if song.drums and song.mix else "backing"
