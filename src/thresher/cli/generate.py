"""`thresher generate`: clips from a trained run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from thresher.cli.main import pass_workspace
from thresher.cli.stream import Asked, Target, play_stream
from thresher.errors import ThresherError
from thresher.workspace import Workspace

# The defaults shown here are written out, because reading them from the config would load
# torch before --help; a test holds the two together.


@click.command()
@click.argument("run", required=False)
@click.option("--clips", type=int, help="How many clips.  [default: 200]")
@click.option("--seconds", type=float, help="Length of each clip.  [default: 20.0]")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Same seed, same clips.  [default: 0]"
)
@click.option("--temperature", type=float, help="Below 1 calms, above 1 stirs.  [default: 0.95]")
@click.option(
    "--prime",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A recording the clips go on from.",
)
@click.option("--keep-prime", is_flag=True, help="Leave that recording at the clip's head.")
@click.option("--artist", metavar="A=0.5,B=0.5", help="Artists to mix, by weight.")
@click.option(
    "--shape-from",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A recording whose loudness (or other curves) the clips follow.",
)
@click.option(
    "--audio",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A recording to follow: its melody by an instrument, itself by an amplifier, its drums.",
)
@click.option(
    "--midi",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A tune that an instrument plays.",
)
@click.option(
    "--autotune",
    type=click.FloatRange(0, 1),
    help="How far the pitch of --audio moves to the nearest key.  [default: 0.0]",
)
@click.option(
    "--knob",
    "knob",
    multiple=True,
    metavar="NAME=0.7",
    help="Where an amplifier's knob stands, 0 to 1; may be given often.  [default: 0.5 each]",
)
@click.option(
    "--resynthesis",
    is_flag=True,
    help="Leave another take beside drums, played by hits cut out of the corpus.",
)
@click.option("--batch", type=int, help="Clips side by side.  [default: as many as pay]")
@click.option(
    "--engine",
    type=click.Choice(["auto", "compiled", "torch", "cuda"]),
    help="What plays the network.  [default: auto, the fastest here]",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16", "int8", "auto"]),
    help="Of the weights; auto measures what each costs in bits.  [default: float32]",
)
@click.option(
    "--checkpoint",
    help="best (lowest held-out loss), recommended (what `thresher train` or `thresher watch` "
    "named at its end), sound, latest or step-00001000, say.  [default: best]",
)
@click.option("--name", help="Name of the set of clips.")
@click.option("--resume", metavar="SET", help="Go on with a set exactly as it was begun.")
@click.option(
    "--live", is_flag=True, help="Play an amplifier on this machine's devices, in and out."
)
@click.option("--stream", is_flag=True, help="Play one endless voice to stdout instead.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["wav", "raw"]),
    help="Of a stream; raw is 16 bit, little-endian.  [default: wav]",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file for a stream.  [default: -, stdout]",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A stream goes on from here if it is there, and is kept here when it stops.",
)
@click.option(
    "--fork",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Another stream's state: the same past, with --seed another future.",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
@pass_workspace
def generate(
    workspace: Workspace,
    /,
    run: str | None,
    clips: int | None,
    seconds: float | None,
    seed: int,
    temperature: float | None,
    prime: Path | None,
    keep_prime: bool,
    artist: str | None,
    shape_from: Path | None,
    audio: Path | None,
    midi: Path | None,
    autotune: float | None,
    knob: tuple[str, ...],
    resynthesis: bool,
    batch: int | None,
    engine: str | None,
    precision: str | None,
    checkpoint: str | None,
    name: str | None,
    resume: str | None,
    live: bool,
    stream: bool,
    form: Literal["wav", "raw"] | None,
    out: Path | None,
    state: Path | None,
    fork: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Generate clips from RUN, and print the name of their set.

    RUN is a run of the workspace, or a path to a run's or a checkpoint's folder. The same
    command again goes on where it was stopped. With --audio or --midi one clip is made, as long
    as what it follows. Drums are taken out of a song: each clip has what is left beside it, as
    clip-00000-rest.flac, and the two add up to the song in mono.
    """
    from thresher.generation import (
        GenerationConfig,
        generate_clips,
        parse_artists,
        parse_knobs,
        resume_clips,
        seconds_of,
    )
    from thresher.settings import parse_overrides, replace

    if live:
        _play_live(workspace, run, checkpoint, audio, parse_knobs(knob) if knob else None)
        return
    if stream:
        more = parse_overrides(overrides)
        _check_streamable(more)
        typed = {
            "temperature": temperature,
            "engine": engine,
            "precision": precision,
            "checkpoint": checkpoint,
        }
        asked = Asked(
            run=run,
            settings={**more, **{key: v for key, v in typed.items() if v is not None}},
            seed=seed if _was_typed("seed") else None,
            prime=prime,
            artists=None if artist is None else parse_artists(artist),
            shape_from=shape_from,
            sound=audio,
            midi=midi,
            autotune=autotune or 0.0,
            knobs=parse_knobs(knob) if knob else None,
            fork=fork,
        )
        to_file = None if out == Path("-") else out
        target = Target(seconds=seconds, form=form or "wav", out=to_file, state=state)
        play_stream(workspace, asked, target)
        return
    _check_streams_only()
    if resume is not None:
        _check_alone(run)
        made = resume_clips(workspace, resume)
    else:
        if run is None:
            raise ThresherError("which run?", hint="thresher generate RUN, or --resume SET")
        settings: dict[str, Any] = {
            "clips": clips,
            "seconds": seconds,
            "temperature": temperature,
            "keep_prime": keep_prime or None,
            "batch": batch,
            "engine": engine,
            "precision": precision,
            "checkpoint": checkpoint,
        }
        given = {key: value for key, value in settings.items() if value is not None}
        given = {**parse_overrides(overrides), **given}
        if audio is not None or midi is not None:
            given = {"clips": 1, "seconds": seconds_of(audio, midi), **given}
        made = generate_clips(
            workspace,
            run,
            replace(GenerationConfig(), given),
            seed=seed,
            prime=prime,
            artists=None if artist is None else parse_artists(artist),
            shape_from=shape_from,
            sound=audio,
            midi=midi,
            autotune=autotune or 0.0,
            knobs=parse_knobs(knob) if knob else None,
            resynthesis=resynthesis,
            name=name,
        )
    click.echo(f"{len(made.clips)} clips in {made.folder}", err=True)
    click.echo(made.id)


def _play_live(
    workspace: Workspace,
    run: str | None,
    checkpoint: str | None,
    audio: Path | None,
    knobs: dict[str, float] | None,
) -> None:
    from thresher.cli.live import play_live

    mine = ("run", "checkpoint", "audio", "knob", "live")
    params = click.get_current_context().command.params
    extra = [p.name for p in params if p.name not in mine and p.name and _was_typed(p.name)]
    if run is None or extra:
        raise ThresherError(
            "--live plays an amplifier through this machine's devices and takes no clip's options",
            looked_at=f"given: {', '.join(extra) or 'no RUN'}",
            hint="thresher generate RUN --live, with --audio, --knob or --checkpoint",
        )
    play_live(workspace, run, checkpoint=checkpoint or "best", sound=audio, knobs=knobs)


def _check_alone(run: str | None) -> None:
    """A resumed set already knows its run and all else; saying it again could contradict it."""
    told = click.get_current_context().get_parameter_source
    names = [p.name for p in click.get_current_context().command.params if p.name != "resume"]
    extra = [n for n in names if n and told(n) is click.core.ParameterSource.COMMANDLINE]
    if run is not None or extra:
        raise ThresherError(
            "--resume goes on with a set as it was begun and takes nothing else",
            looked_at=f"given: {', '.join(extra)}",
            hint="leave the rest out, or drop --resume",
        )


_NOT_FOR_STREAMS = ("clips", "keep_prime", "resynthesis", "batch", "name", "resume")
_FOR_STREAMS = ("form", "out", "state", "fork")


def _was_typed(name: str) -> bool:
    told = click.get_current_context().get_parameter_source(name)
    return told is click.core.ParameterSource.COMMANDLINE


def _check_streamable(overrides: Mapping[str, Any]) -> None:
    """Refuse what only a set of clips has."""
    for name in (*filter(_was_typed, _NOT_FOR_STREAMS), *overrides.keys() & set(_NOT_FOR_STREAMS)):
        raise ThresherError(
            f"--stream plays one voice and has no use for --{name.replace('_', '-')}",
            hint="leave it out",
        )


def _check_streams_only() -> None:
    """Refuse what only a stream has."""
    for name in filter(_was_typed, _FOR_STREAMS):
        option = "format" if name == "form" else name
        raise ThresherError(f"--{option} belongs to a stream", hint="--stream with it")
