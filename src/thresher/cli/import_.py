"""`thresher import`: somebody's .nam file as a run."""

from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.errors import printable
from thresher.workspace import Workspace


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@pass_workspace
def import_(workspace: Workspace, file: Path, name: str) -> None:
    """Make the run NAME of FILE.nam, an amplifier that somebody captured.

    Files of version 0.5.0 to 0.7.0 are read, WaveNet and LSTM. What would change the sound and
    is not played here (FiLM, several sizes in one, a head of its own) is refused by its name.

    \b
      thresher import deluxe.nam deluxe
      thresher generate deluxe --audio di.wav
    """  # noqa: D301 - real backspaces, which tell click to leave the lines alone
    from thresher.models.amp.nam_import import import_nam
    from thresher.models.checkpoint import open_checkpoint

    folder = import_nam(workspace, file, name)
    config = open_checkpoint(next(folder.glob("checkpoints/step-*"))).config
    told = "an LSTM" if config.architecture == "lstm" else "a WaveNet"
    click.echo(
        f"{told} at {config.sample_rate:,} Hz; next: thresher generate {printable(name)} "
        "--audio di.wav",
        err=True,
    )
    click.echo(folder.name)
