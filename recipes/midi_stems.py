"""Songs with their drums beside them, out of MIDI files: what drums are learned from.

    python recipes/midi_stems.py TUNES… --band GM.sf2 --avl-kit KIT.sf2 --to stems/

TUNES are MIDI files, folders of them, or WADs of Doom, whose songs are lumps called D_…. Every tune
is played twice by fluidsynth (which must be installed), its drums and all the rest; the drums are
made as loud as the rest. `thresher corpus NAME stems/` takes the folder as it is. Several kits take
turns. Recordings of real bands are better, and hardly anybody gives their stems away.

On Debian: apt install fluidsynth freedoom fluid-soundfont-gm avldrums.lv2-soundfont; the tunes are
/usr/share/games/doom/freedoom*.wad. The licences of tunes and samples pass to what is made of them.
"""

import hashlib
import io
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import mido
import numpy as np
from jaxtyping import Float32
from rich.console import Console

from thresher.audio.files import read_audio, write_flac
from thresher.audio.loudness import integrated_lufs
from thresher.errors import ThresherError

RATE = 44_100
LEAST_SECONDS, MOST_SECONDS = 20.0, 300.0
"""Of a tune: jingles teach nothing, and no song needs more than five minutes."""

DRUMS = 9
"""General MIDI's percussion channel, counted from 0."""

PEAK = 0.9

AVL_KEYS = {
    **{35: 36, 48: 45, 50: 47, 52: 60, 58: 61, 69: 61, 70: 61, 82: 61},
    **dict.fromkeys((60, 62, 63, 65), 47),
    **dict.fromkeys((61, 64, 66), 45),
    **dict.fromkeys((67, 68, 76, 77, 80, 81), 56),
}
"""General MIDI's keys that x42's AVL drumkits have elsewhere, or not at all: toms for congas."""


class Tune(NamedTuple):
    """A MIDI file and what it is called."""

    name: str
    midi: bytes


class Kit(NamedTuple):
    """What drums are played on."""

    path: Path
    keys: dict[int, int]
    """Keys that are to be struck instead of General MIDI's; empty for a kit of General MIDI."""


@click.command(help=__doc__)
@click.argument("tunes", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--band", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--kit", "kits", multiple=True, type=click.Path(path_type=Path, exists=True))
@click.option("--avl-kit", "avl_kits", multiple=True, type=click.Path(path_type=Path, exists=True))
@click.option("--without", multiple=True, help="A tune, and all that are the same.")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path))
def main(
    tunes: tuple[Path, ...],
    band: Path,
    kits: tuple[Path, ...],
    avl_kits: tuple[Path, ...],
    without: tuple[str, ...],
    folder: Path,
) -> None:
    """Play every tune twice."""
    if shutil.which("fluidsynth") is None:
        raise click.ClickException("fluidsynth is not there: apt install fluidsynth")
    players = [Kit(path, {}) for path in kits] + [Kit(path, AVL_KEYS) for path in avl_kits]
    players = players or [Kit(band, {})]
    told = Console(stderr=True)
    found = _each_once([tune for path in tunes for tune in tunes_of(path)], without)
    folder.mkdir(parents=True, exist_ok=True)
    for number, tune in enumerate(found):
        try:
            seconds = make_song(tune, band, players[number % len(players)], folder)
        except ThresherError as error:
            told.print(f"{tune.name}: left out, {error.problem}")
            continue
        told.print(f"{tune.name}: {seconds:.0f} s")


def tunes_of(path: Path) -> Iterator[Tune]:
    """The tunes of a MIDI file, a folder or a WAD."""
    if path.is_dir():
        for inside in sorted(path.iterdir()):
            if inside.suffix.lower() in (".mid", ".midi"):
                yield Tune(inside.stem, inside.read_bytes())
    elif path.suffix.lower() == ".wad":
        yield from _lumps(path.read_bytes(), path.stem)
    else:
        yield Tune(path.stem, path.read_bytes())


def _lumps(wad: bytes, name: str) -> Iterator[Tune]:
    """A WAD ends with a table: place, length and name of each of its lumps."""
    kind, count, table = struct.unpack_from("<4sii", wad)
    if kind not in (b"IWAD", b"PWAD"):
        raise click.ClickException(f"{name} is no WAD")
    for entry in range(count):
        start, length, title = struct.unpack_from("<ii8s", wad, table + 16 * entry)
        midi = wad[start : start + length]
        if title.startswith(b"D_") and midi.startswith(b"MThd"):
            yield Tune(f"{name}-{title.rstrip(bytes(1)).decode().lower()}", midi)


def _each_once(tunes: list[Tune], without: tuple[str, ...]) -> list[Tune]:
    """Games play one tune in several places; one that is left out is left out everywhere."""
    seen = {_hash(tune) for tune in tunes if tune.name in without}
    kept = []
    for tune in tunes:
        if _hash(tune) not in seen:
            kept.append(tune)
            seen.add(_hash(tune))
    return kept


def _hash(tune: Tune) -> str:
    return hashlib.sha256(tune.midi).hexdigest()


def make_song(tune: Tune, band: Path, kit: Kit, folder: Path) -> float:
    """Write NAME_drums.flac and NAME_mix.flac; how long they are [s].

    Raises:
        ThresherError: too short, without drums, or not to be played.
    """
    drums, rest = _parted(tune, kit)
    sides = [_played(midi, sounds) for midi, sounds in ((drums, kit.path), (rest, band))]
    count = min(max(len(side) for side in sides), int(MOST_SECONDS * RATE))
    if count < LEAST_SECONDS * RATE:
        raise ThresherError(f"it lasts {count / RATE:.0f} s")
    drum, backing = (np.pad(side, (0, max(0, count - len(side))))[:count] for side in sides)
    loud = [integrated_lufs(side[None], RATE) for side in (drum, backing)]
    if not np.isfinite(loud).all():
        raise ThresherError("its drums or all the rest are silent")
    drum = drum * np.float32(10 ** ((loud[1] - loud[0]) / 20))
    gain = np.float32(PEAK / max(np.abs(drum + backing).max(), np.abs(drum).max()))
    write_flac(folder / f"{tune.name}_drums.flac", gain * drum, RATE)
    write_flac(folder / f"{tune.name}_mix.flac", gain * (drum + backing), RATE)
    return count / RATE


def _parted(tune: Tune, kit: Kit) -> tuple[mido.MidiFile, mido.MidiFile]:
    """The drums alone, on the kit's own keys, and everything else; tempo and length in both."""
    try:
        whole = mido.MidiFile(file=io.BytesIO(tune.midi), clip=True)
    except (OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise ThresherError(f"broken: {error}") from None
    sides = []
    for wanted in (True, False):
        side = mido.MidiFile(type=whole.type, ticks_per_beat=whole.ticks_per_beat)
        side.tracks.extend(_only(track, kit, drums=wanted) for track in whole.tracks)
        sides.append(side)
    return sides[0], sides[1]


def _only(track: mido.MidiTrack, kit: Kit, *, drums: bool) -> mido.MidiTrack:
    """A track without the messages of the other side, everything else at its time."""
    kept, waited = mido.MidiTrack(), 0
    for message in track:
        waited += message.time
        channel = getattr(message, "channel", None)
        if channel is not None and (channel == DRUMS) != drums:
            continue
        told = message.copy(time=waited)
        if drums and kit.keys and channel is not None:
            # Such a kit is an instrument like any other: the first, on any other channel.
            if message.type not in ("note_on", "note_off"):
                continue
            told = told.copy(channel=0, note=kit.keys.get(message.note, message.note))
        kept.append(told)
        waited = 0
    return kept


def _played(midi: mido.MidiFile, sounds: Path) -> Float32[np.ndarray, " samples"]:
    """By fluidsynth, both channels as one."""
    with tempfile.TemporaryDirectory() as scratch:
        score, wave = Path(scratch) / "score.mid", Path(scratch) / "played.wav"
        midi.save(score)
        command = ["fluidsynth", "-niq", "-g", "0.3", "-r", str(RATE), "-F", wave, sounds, score]
        played = subprocess.run([str(word) for word in command], capture_output=True, check=False)
        if played.returncode or not wave.exists():
            raise ThresherError(f"fluidsynth: {played.stderr.decode(errors='replace')[-200:]}")
        return read_audio(wave).samples


if __name__ == "__main__":
    main()
