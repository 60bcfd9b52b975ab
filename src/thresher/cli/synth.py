"""`thresher synth`: play a synthesizer by itself, from a tune, a scale or a note."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thresher.errors import ThresherError, printable

if TYPE_CHECKING:
    import numpy as np

    from thresher.audio.midi import Note
    from thresher.synths.config import SynthConfig, Touch

_KNOBS = {
    "harmonic": ("tilt", "harmonics"),
    "noise": ("width",),
    "fm": ("ratio", "index"),
    "six": ("patch", "bright"),
    "am": ("ratio", "depth"),
    "ring": ("ratio",),
}
_FIELDS = {"tilt": "tilt_db", "width": "width_octaves"}
_SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
_LONGEST_SECONDS = 3600.0


def _list_sounds(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from thresher.synths.config import SOUNDS

        for name, line in SOUNDS.items():
            click.echo(f"{name:9} {line}")
        ctx.exit()


@click.command()
@click.argument("name")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_sounds,
    help="What each of them sounds like, and leave.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The sound, .flac or .wav; its picture goes beside it (.png).  [default: NAME.flac]",
)
@click.option("--midi", type=click.Path(path_type=Path), help="A tune (.mid), one note at a time.")
@click.option("--channel", type=click.IntRange(1, 16), help="Of the tune; else all but drums.")
@click.option("--note", help="One note, as A4, C#3, Bb2 or a MIDI number; else a scale.")
@click.option("--seconds", type=float, help="Length of the note.  [default: 2]")
@click.option("--ratio", help="fm, am, ring: carrier:modulator.  [default: 3:2]")
@click.option("--index", help="fm: radians, or from..to over each note.  [default: 4..2]")
@click.option("--depth", help="am: 0 to 1, or from..to.  [default: 1]")
@click.option("--patch", help="six: strings, brass or flute.  [default: brass]")
@click.option("--bright", help="six: 0 to 1, or from..to.  [default: 0.4..0.2]")
@click.option("--tilt", help="harmonic: dB per octave.  [default: -9]")
@click.option("--harmonics", help="harmonic: how many partials.  [default: 60]")
@click.option("--width", help="noise: octaves around the pitch.  [default: 0.33]")
@click.option("--oversample", type=int, default=1, show_default=True, help="Room for sidebands.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same noise.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
def synth(
    name: str,
    out: Path | None,
    midi: Path | None,
    channel: int | None,
    note: str | None,
    seconds: float | None,
    oversample: int,
    seed: int,
    pairs: tuple[str, ...],
    **knobs: str | None,
) -> None:
    """Play a synthesizer by itself: NAME is harmonic, noise, fm, six, am or ring.

    \b
      harmonic  sines at whole multiples of the pitch: organ, string, voice
      noise     filtered noise that follows the tune: breath, wind
      fm        one sine bends another: clarinet, bell, electric piano
      six       six sines bending each other, as on a DX7
      am        one sine swells another: tremolo, or two new partials
      ring      two sines multiplied: bells and robots, no pitch of its own

    \b
      thresher synth fm --ratio 3:2 --index 4..2 --midi tune.mid --out clarinet.wav
      thresher synth six --patch flute --note A5 --seconds 3

    Without --midi or --note it plays a scale. A tune is played one note at a time: a new
    note ends the one before it, and of a chord the highest sounds.
    """  # noqa: D301 - real backspaces, which tell click to leave the lines alone
    config, touch = _settings(name, oversample, knobs, pairs)
    path = _checked_path(out or Path(f"{name}.flac"))
    notes = _notes(midi, channel, note, seconds)
    from thresher.synths.performance import monophonic
    from thresher.synths.picture import steadiest, synth_png

    sound = _played(name, notes, config, touch, seed)
    _write(path, sound, config.sample_rate)
    held = steadiest(monophonic(notes), config.sample_rate)
    picture = path.with_suffix(".png")
    synth_png(picture, sound, config.sample_rate, held, _title(name, config))
    click.echo(printable(str(path)))
    click.echo(printable(str(picture)))


def _settings(
    name: str, oversample: int, knobs: dict[str, str | None], pairs: tuple[str, ...]
) -> "tuple[SynthConfig, Touch]":
    from thresher.settings import parse_overrides, replace, split_overrides
    from thresher.synths.config import SOUNDS, SynthConfig, Touch

    if name not in SOUNDS:
        raise ThresherError(f"there is no synthesizer '{name}'", hint=f"one of {', '.join(SOUNDS)}")
    given: dict[str, object] = {"oversample": oversample}
    for knob, text in knobs.items():
        if text is None:
            continue
        if knob not in _KNOBS[name]:
            listed = ", ".join(f"--{own}" for own in _KNOBS[name])
            raise ThresherError(f"{name} has no --{knob}", hint=f"{name} has {listed}")
        given[_FIELDS.get(knob, knob)] = _knob_value(knob, text)
    own, touch = split_overrides(parse_overrides(pairs), (SynthConfig, Touch))
    return replace(SynthConfig(), {**given, **own}), replace(Touch(), touch)


def _knob_value(knob: str, text: str) -> object:
    match knob:
        case "patch":
            return text
        case "ratio":
            return _numbers(knob, text, ":", "two numbers, as 3:2")
        case "index" | "depth" | "bright":
            ends = _numbers(knob, text, "..", "a number or a sweep, as 4..2")
            return [ends[0], ends[-1]]
        case "harmonics":
            return int(_numbers(knob, text, "\0", "a whole number")[0])
        case _:
            return _numbers(knob, text, "\0", "a number")[0]


def _numbers(knob: str, text: str, between: str, wanted: str) -> list[float]:
    """One or two finite numbers (a ratio is always two)."""
    try:
        values = [float(part) for part in text.split(between)]
    except ValueError:
        values = []
    count = (2,) if knob == "ratio" else (1, 2)
    if len(values) not in count or not all(map(math.isfinite, values)):
        raise ThresherError(f"--{knob} {printable(text)} is not {wanted}")
    return values


def _notes(
    midi: Path | None, channel: int | None, note: str | None, seconds: float | None
) -> "tuple[Note, ...]":
    from thresher.audio.midi import Note, key_named, read_midi

    if midi is not None:
        if note is not None or seconds is not None:
            raise ThresherError("--midi brings its own notes and length", hint="leave --note out")
        return read_midi(midi, channel)
    if channel is not None:
        raise ThresherError("--channel picks from a tune", hint="--midi tune.mid")
    if note is None and seconds is None:
        return _scale()
    length = 2.0 if seconds is None else seconds
    if not 0.01 <= length <= _LONGEST_SECONDS:  # neither is NaN
        raise ThresherError(f"--seconds {length:g} is not from 0.01 to {_LONGEST_SECONDS:g}")
    return (Note(0.0, length, key_named(note or "A4"), 100),)


def _scale() -> "tuple[Note, ...]":
    from thresher.audio.midi import Note

    notes = [Note(i * 0.4, i * 0.4 + 0.4, key, 80 + 5 * i) for i, key in enumerate(_SCALE)]
    return (*notes[:-1], notes[-1]._replace(stop_seconds=notes[-1].start_seconds + 1.2))


def _played(
    name: str, notes: "tuple[Note, ...]", config: "SynthConfig", touch: "Touch", seed: int
) -> "np.ndarray":
    from thresher.synths.playing import play

    with click.progressbar(
        length=1000, label=name, file=sys.stderr, show_eta=True, update_min_steps=1
    ) as bar:
        return play(
            name, notes, config, touch, seed, lambda done: bar.update(int(1000 * done) - bar.pos)
        )


def _checked_path(path: Path) -> Path:
    if path.suffix.lower() not in (".flac", ".wav"):
        raise ThresherError(f"--out {path.name} is neither .flac nor .wav", looked_at=path)
    return path


def _write(path: Path, sound: "np.ndarray", sample_rate: int) -> None:
    from thresher.audio.files import to_pcm, write_flac
    from thresher.audio.wav import wav_header
    from thresher.disk import whole_file

    if path.suffix.lower() == ".flac":
        write_flac(path, sound, sample_rate)
        return
    with whole_file(path) as part:
        part.write_bytes(wav_header(sample_rate, len(sound)) + to_pcm(sound).tobytes())


def _title(name: str, config: "SynthConfig") -> str:
    told = [
        f"{knob} {_shown(knob, getattr(config, _FIELDS.get(knob, knob)))}" for knob in _KNOBS[name]
    ]
    return f"{name}: {', '.join(told)}"


def _shown(knob: str, value: object) -> str:
    if not isinstance(value, tuple):
        return f"{value:g}" if isinstance(value, float) else str(value)
    first, last = value
    if knob != "ratio" and first == last:
        return f"{first:g}"
    return f"{first:g}{':' if knob == 'ratio' else '..'}{last:g}"
