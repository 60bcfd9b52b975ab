"""The `thresher` command: finds the verb, opens the workspace, prints errors for people."""

import difflib
import importlib
import keyword
import os
import sys
from pathlib import Path

import click

from thresher.errors import ThresherError
from thresher.workspace import Workspace

# A table instead of imports, so that `thresher --help` loads neither torch nor Numba.
VERBS = {
    "album": "Recordings in, a released album out: every step below, resumed where it stopped.",
    "doctor": "Find what would spoil a training run: clipping, copies, silence, hum and more.",
    "corpus": "Turn recordings into training material.",
    "plan": "Measure for a minute what a run will cost and may reach, and write its recipe.",
    "train": "Train a model on a corpus.",
    "watch": "Hear every checkpoint of a run, and name the one to use.",
    "bakeoff": "The same corpus and budget for every family, heard side by side and blind.",
    "generate": "Generate clips from a trained run.",
    "export": "Write a trained amplifier as a .nam file, for the plugins of guitarists.",
    "import": "Make a run of somebody's .nam file.",
    "synth": "Play a synthesizer by itself: harmonic, noise, FM, six operators, AM, ring.",
    "curate": "Sort the grain from the chaff: make a song out of clips.",
    "map": "Lay clips out where like lies beside like, to browse by ear.",
    "art": "Draw a cover from the music itself.",
    "explain": "Why every default is what it is, and what a model does inside.",
    "release": "Master songs, tag them and build the album's site.",
    "claims": "Put to the test what papers and repositories say.",
    "journal": "List, show and compare everything that was ever made here.",
}

pass_workspace = click.make_pass_decorator(Workspace)


class Verbs(click.Group):
    """Loads a verb's module (`thresher.cli.VERB`, command `VERB`) when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order they are used."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        """Import the verb's module.

        Raises:
            ThresherError: no such verb.
        """
        if name not in VERBS:
            raise unknown_verb(name)
        # A verb may be a word of Python's own, as "import" is.
        spelled = f"{name}_" if keyword.iskeyword(name) else name
        module = importlib.import_module(f"thresher.cli.{spelled}")
        command = getattr(module, spelled)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def unknown_verb(name: str) -> ThresherError:
    """The error for a verb there is not, naming the nearest there is."""
    near = difflib.get_close_matches(name, VERBS, n=1, cutoff=0.0)[0]
    return ThresherError(
        f"there is no verb '{name}'",
        looked_at="thresher --help",
        hint=f"thresher {near} (all verbs: {', '.join(VERBS)})",
    )


@click.group(cls=Verbs)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("thresher-workspace"),
    show_default=True,
    envvar="THRESHER_WORKSPACE",
    help="Folder that holds corpora, runs, clips, songs and releases.",
)
@click.version_option(package_name="thresher")
@click.pass_context
def thresher(ctx: click.Context, workspace: Path) -> None:
    """From a folder of recordings to a released album."""
    ctx.obj = Workspace(workspace)


def main() -> None:
    """Entry point of the `thresher` command."""
    # NumPy's products are small here. Threads would wait for each other, on a busy processor for
    # many times as long as the product takes; large products are torch's, which has its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        thresher.main(standalone_mode=False)
    except ThresherError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.ClickException as error:
        click.echo(f"error: {_usage(error)}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; run the same command again to go on", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output left; point stdout elsewhere so that exit stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _usage(error: click.ClickException) -> ThresherError:
    """Click's complaint about a command line, said the way all others are."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return ThresherError(
        error.format_message().rstrip("."), hint=f"{ctx.command_path} --help" if ctx else None
    )
