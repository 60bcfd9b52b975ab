"""`thresher corpus`: recordings to training material."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError, printable
from thresher.workspace import Workspace

_PAIRS_RATE = 48_000
"""Hz: what audio interfaces and amplifier plugins run at."""

_STEMS_RATE = 22_050
"""Hz: drums have little above 11 kHz, and half the rate is twice the learning in a budget."""

_PIPED_WIDTH = 4000
"""Columns where nobody's terminal says how many there are."""


class _WithSettings(click.Command):
    """Lists the settings, with their reasons, below the options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from thresher.corpus import CorpusConfig
        from thresher.settings import explanations

        with formatter.section("Settings (--set)"):
            formatter.write_dl(
                [
                    (e.name, f"{e.why} [default: {e.default} {e.unit}".rstrip() + "]")
                    for e in explanations(CorpusConfig)
                ]
            )


@click.command(cls=_WithSettings)
@click.argument("name")
@click.argument("recordings", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--artist",
    "labelled",
    multiple=True,
    metavar="NAME=PATH",
    help="Recordings of an artist by name; may be given often, also for one artist.",
)
@click.option(
    "--instrument",
    is_flag=True,
    help="One instrument, one note at a time; the same as --set recipe=instrument.",
)
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@pass_workspace
def corpus(
    workspace: Workspace,
    name: str,
    recordings: tuple[Path, ...],
    labelled: tuple[str, ...],
    instrument: bool,
    pairs: tuple[str, ...],
) -> None:
    """Turn RECORDINGS into the corpus NAME, and print its name.

    RECORDINGS are sound files, and folders searched to the bottom: wav, flac, ogg, mp3,
    aiff; m4a, aac, opus with the extra 'more-formats'. Any rate, any number of channels.

    Every folder given is an artist of its own, called as the folder is; a file belongs to
    the artist its folder is called after. --artist gives the label by hand:

    \b
      thresher corpus metal albums/Sectoid albums/Muldjord
      thresher corpus metal --artist Sectoid=demo --artist Sectoid=live.flac

    --instrument makes the corpus of an instrument that can be played (family ddsp): pitch and
    loudness are measured beside the sound, and every recording says how much of it was voiced.
    What is not one note at a time, mostly silent or recorded below the corpus's rate is
    refused, each with a picture. Needs the extra 'instrument'.

    A folder with an input and an output recording (input.wav, output.wav, or any other format)
    is a pair: what went into an amplifier and what came out (family amp), at 48000 Hz. The delay
    between them is found, told and drawn, and what cannot be aligned is refused. Folders below,
    one for each setting of the knobs, have a knobs.json ({"gain": 0.3}) or a name like gain=0.3.

    A folder of songs in stems (song_drums.ogg beside song_mix.ogg, or a folder per song with
    kick.wav, snare.wav, guitar.wav and so on) is what drums are learned from (family drums), at
    22050 Hz. Names with drum, kick, snare or hat in them are the drums; a mix less its drums is
    the rest. What does not line up is refused. Whole songs are held out. --set recipe=stems
    without RECORDINGS makes songs up.

    What was used, what was dropped and why is listed for every file, and kept in the
    corpus's manifest. The same command again changes nothing and returns at once.
    """  # noqa: D301 - a real backspace, which tells click to leave the lines alone
    from thresher.corpus import CorpusConfig, NothingUsableError, Source, build_corpus
    from thresher.corpus.parts import holds_stems
    from thresher.corpus.sides import holds_pairs
    from thresher.disk import MANIFEST, content_hash
    from thresher.settings import parse_overrides, replace

    sources = [Source(path) for path in recordings] + [_labelled(text) for text in labelled]
    overrides = parse_overrides(pairs)
    if not sources and overrides.get("recipe") != "stems":
        raise ThresherError("no recordings given", hint=f"thresher corpus {name} FOLDER")
    folder = workspace.corpus(name)
    before = content_hash(folder) if (folder / MANIFEST).is_file() else None
    recipe: dict[str, Any] = {"recipe": "instrument"} if instrument else {}
    if "recipe" not in overrides and len(sources) == 1 and not instrument:
        recipe = _by_what_lies_there(sources[0].path, holds_pairs, holds_stems)
    rates = {"pairs": _PAIRS_RATE, "stems": _STEMS_RATE}
    kind = overrides.get("recipe", recipe.get("recipe"))
    if kind in rates:
        recipe = {"recipe": kind, "sample_rate": rates[kind]}
    config = replace(CorpusConfig(), recipe | overrides)
    try:
        built = build_corpus(workspace, name, sources, config)
    except NothingUsableError as error:
        for line in error.accounts:
            click.echo(printable(line), err=True)
        raise
    if content_hash(folder) == before:
        click.echo("already there, made of the same recordings and settings", err=True)
    _tell(built.manifest)
    click.echo(name)


def _by_what_lies_there(
    path: Path, holds_pairs: Callable[[Path], bool], holds_stems: Callable[[Path], bool]
) -> dict[str, Any]:
    """The recipe that a folder asks for by the names in it."""
    if holds_pairs(path):
        return {"recipe": "pairs"}
    return {"recipe": "stems"} if holds_stems(path) else {}


def _labelled(text: str) -> Any:
    from thresher.corpus import Source
    from thresher.corpus.sources import checked_artist

    artist, equals, path = text.partition("=")
    if not equals or not path:
        raise ThresherError(f"--artist wants NAME=PATH, got {text!r}")
    return Source(Path(path), checked_artist(artist))


def _tell(manifest: dict[str, Any]) -> None:
    """The account of every file, then the sum of it, on stderr."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    several, heard = len(manifest["artists"]) > 1, "melody" in manifest
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = ["recording", *(["artist"] if several else []), "length", "used"]
    columns += ["voiced", "one note"] if heard else []
    for heading in (*columns, "left out"):
        right = heading in ("length", "used", "voiced", "one note")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for told in manifest["recordings"]:
        # Text, never markup: file names come from outside.
        length, used, left_out = _account(told)
        shares = [f"{told[key]:.0%}" if key in told else "" for key in ("voiced", "one_note")]
        cells = [told["path"], *([told["artist"]] if several else []), length, used]
        cells += [*(shares if heard else []), left_out]
        table.add_row(*map(Text, cells), style="" if told["used"] else "yellow")
    console.print(table)
    for line in _summary(manifest):
        console.print(Text(line), soft_wrap=True)


def _account(told: dict[str, Any]) -> list[str]:
    reasons: dict[str, float] = {}
    if told["used"]:
        for span in told["dropped"]:
            reasons[span["why"]] = reasons.get(span["why"], 0) + span["to"] - span["from"]
    left_out = [f"{seconds:.1f} s {why}" for why, seconds in reasons.items()]
    if told.get("clipped_samples"):
        left_out.append(f"{told['clipped_samples']} samples clip")
    notes = [told["note"]] if told["note"] else []
    used = _minutes(told["used_seconds"]) if told["used"] else "nothing"
    length = _minutes(told["seconds"]) if "seconds" in told else ""
    return [length, used, "; ".join(notes + left_out)]


def _summary(manifest: dict[str, Any]) -> Iterator[str]:
    told = manifest["recordings"]
    used = [recording for recording in told if recording["used"]]
    windows, settings = manifest["windows"], manifest["settings"]
    total = _minutes(sum(recording["used_seconds"] for recording in used))
    yield f"{len(used)} of {len(told)} recordings, {total} used"
    if "pairs" in manifest:
        yield from _pair_lines(manifest)
        return
    if "stems" in manifest:
        yield from _stem_lines(manifest)
        return
    yield (
        f"{windows['training']} windows to train on, {windows['validation']} held out, "
        f"of {_window_seconds(settings):g} s"
    )
    if not windows["validation"]:
        yield "nothing is held out: overfitting will not show (longer or more recordings help)"
    yield (
        f"level {manifest['rms_dbfs']:.1f} dBFS, one gain of {manifest['gain_db']:+.1f} dB for all"
        + ("; held back so that few samples clip" if manifest["held_back"] else "")
        + f"; {manifest['clipped_samples']} of {manifest['samples']} samples clip"
    )
    if "melody" in manifest:
        yield f"pitch heard by {manifest['melody']['tracker']}; {_voiced(used)}"
    if others := manifest["other_files"]:
        counts = ", ".join(f"{count} {suffix}" for suffix, count in others.items())
        yield f"other files in the folders, not looked at: {counts}"


def _pair_lines(manifest: dict[str, Any]) -> Iterator[str]:
    rate = manifest["settings"]["sample_rate"]
    for pair in manifest["pairs"]["of"]:
        late = pair["delay_samples"]
        estimates = ", ".join(f"{name} {value}" for name, value in pair["estimates"].items())
        knobs = "".join(f", {name} {value:g}" for name, value in pair["knobs"].items())
        where = f"{late} samples ({1000 * late / rate:.2f} ms) late" if late else "on time"
        left = f"; {pair['left_in_samples']} left in, for safety" if pair["left_in_samples"] else ""
        yield (
            f"{pair['label']}{knobs}: the output is {where} "
            f"(by {estimates}; likeness {pair['likeness']:g}){left}"
        )
        spans = [(stop - start) / rate for start, stop in (pair["training"], pair["validation"])]
        yield f"  {_minutes(spans[0])} to learn from, the last {_minutes(spans[1])} held out"
        if pair["inverted"]:
            yield "  the output goes down where the input goes up: learned as it is"
        for side, count in pair["clipped_samples"].items():
            if count:
                yield f"  {side}: {count} samples at full scale; record it softer"
        for side, offset in pair["offset"].items():
            if abs(offset) > _OFFSET:
                yield f"  {side}: {offset:+.4f} off the zero line on the mean"
        if pair["silent_seconds"] >= 1:
            yield f"  {_minutes(pair['silent_seconds'])} of the input are silent"
    yield "the place where both sides agree is drawn in the corpus's folder: alignment.png"


def _stem_lines(manifest: dict[str, Any]) -> Iterator[str]:
    for song in manifest["stems"]["of"]:
        learned, held_out = (
            song[split][1] - song[split][0] for split in ("training", "validation")
        )
        rate = manifest["settings"]["sample_rate"]
        use = "held out" if not learned else "to learn from"
        if learned and held_out:
            use = f"the last {_minutes(held_out / rate)} held out: the only song with drums"
        if not song["with_drums"]:
            yield f"{song['title']}: no drums, backing to mix with others ({song['backing']})"
            continue
        yield (
            f"{song['title']}: drums sound for {_minutes(song['drums_seconds'])} at "
            f"{song['drums_db']:.1f} dBFS, backing {song['backing_db']:.1f} dBFS "
            f"({song['backing']}), bleed {song['bleed_db']:.0f} dB; {use}"
        )
    for song in manifest["stems"]["refused"]:
        yield f"refused: {song['why']}"
    yield f"one gain of {manifest['gain_db']:+.1f} dB for all"


_OFFSET = 1e-3
"""Of full scale, -60 dB."""


def _window_seconds(settings: dict[str, Any]) -> float:
    name = "phrase_seconds" if settings["recipe"] == "instrument" else "window_seconds"
    return float(settings[name])


def _voiced(used: list[dict[str, Any]]) -> str:
    """How much of what sounds has a pitch, over all recordings."""
    sounding = [told["seconds"] * (1 - told["silent"]) for told in used]
    voiced = sum(told["voiced"] * s for told, s in zip(used, sounding, strict=True))
    return f"{voiced / max(sum(sounding), 1e-9):.0%} of what sounds is voiced"


def _minutes(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
