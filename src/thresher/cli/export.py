"""`thresher export`: a trained amplifier as a .nam file."""

import math
from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError, printable
from thresher.workspace import Workspace

# Written out, because reading them from the room would load torch before --help; a test holds
# the two together.
GEAR = ("amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio")
TONE = ("clean", "overdrive", "crunch", "hi_gain", "fuzz")


@click.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="What plugins show.  [default: RUN]")
@click.option("--modeled-by", help="Who made it.")
@click.option("--gear-type", type=click.Choice(GEAR), help="What was recorded.")
@click.option("--gear-make", help="Its maker.")
@click.option("--gear-model", help="Its model.")
@click.option("--tone-type", type=click.Choice(TONE), help="How it sounds.")
@click.option("--input-level-dbu", type=float, help="dBu of a full-scale 1 kHz sine going in.")
@click.option("--output-level-dbu", type=float, help="dBu of one coming back.")
@click.option("--knob", "knobs", multiple=True, metavar="NAME=VALUE", help="0 to 1; else 0.5.")
@click.option("--gated", is_flag=True, help="Allow gated layers, which some readers misread.")
@click.option(
    "--checkpoint", default="best", show_default=True, help="Or latest, or step-00001000, say."
)
@pass_workspace
def export(
    workspace: Workspace,
    run: str,
    file: Path,
    name: str | None,
    modeled_by: str | None,
    gear_type: str | None,
    gear_make: str | None,
    gear_model: str | None,
    tone_type: str | None,
    input_level_dbu: float | None,
    output_level_dbu: float | None,
    knobs: tuple[str, ...],
    gated: bool,
    checkpoint: str,
) -> None:
    """Write RUN, an amplifier, to FILE.nam.

    The file is read back by a reader of its own kind and compared with the network; it is
    written only if both sound the same. A file that stood there is replaced.
    """
    from thresher.generation.source import open_source
    from thresher.models.amp.nam_export import Tags, export_nam
    from thresher.models.amp.saved import amplifier_of
    from thresher.settings import from_mapping

    given = {
        "name": name or run,
        "modeled_by": modeled_by,
        "gear_type": gear_type,
        "gear_make": gear_make,
        "gear_model": gear_model,
        "tone_type": tone_type,
        "input_level_dbu": input_level_dbu,
        "output_level_dbu": output_level_dbu,
    }
    told = {key: value for key, value in given.items() if value is not None}
    tags, turned = from_mapping(Tags, told, origin="export"), _turned(knobs)
    source = open_source(workspace, run, checkpoint)
    network = amplifier_of(source.checkpoint, run)
    esr = source.checkpoint.held_out
    made = export_nam(network, file, tags, knobs=turned, validation_esr=esr, gated=gated)
    click.echo(
        f"{made.numbers:,} weights, {made.bytes:,} bytes; loudness {made.loudness_db:.1f} dB, "
        "approximately (a riff of ours, not NAM's clip)",
        err=True,
    )
    click.echo(printable(str(file)))
    decibels = 20 * math.log10(made.difference) if made.difference else -math.inf
    click.echo(
        f"null test: read back by a second reader, {made.samples:,} samples differ by "
        f"{made.difference:.1e} at most ({decibels:.0f} dB)"
    )


def _turned(knobs: tuple[str, ...]) -> dict[str, float]:
    turned = {}
    for pair in knobs:
        name, equals, text = pair.partition("=")
        try:
            turned[name.strip()] = float(text)
        except ValueError:
            equals = ""
        if not equals:
            raise ThresherError(f"--knob wants NAME=VALUE, got {pair!r}", hint="--knob gain=0.7")
    return turned
