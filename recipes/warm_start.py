"""Train the model that Thresher ships, on the bundled songs, in slices of any length.

    python recipes/warm_start.py --budget 30m             # begin, or go on for 30 minutes
    python recipes/warm_start.py --budget 20m --anneal    # a last slice: sink to the floor
    python recipes/warm_start.py --ship                   # best checkpoint -> the package

With `--recipe recipes/warm-start-samplernn.toml` the same for the other family.

A slice that is interrupted (Ctrl-C, SIGTERM, SIGKILL, power) loses at most the work since
its last checkpoint. On a GPU machine the same commands use the GPU.
"""

import shutil
from pathlib import Path

import click
from rich.console import Console

from thresher.cli.train import duration
from thresher.corpus import CorpusConfig, build_corpus
from thresher.disk import whole_folder
from thresher.errors import ThresherError
from thresher.models.checkpoint import find_checkpoint, open_checkpoint, save_checkpoint
from thresher.settings import from_mapping, parse_overrides
from thresher.training import Run, TrainingStopped, open_run, resume, train
from thresher.training.recipe import Recipe, load_recipe
from thresher.workspace import Workspace

HERE = Path(__file__).resolve().parent
SONGS = HERE.parent / "demo" / "sectoid"
SHIPPED = HERE.parent / "src" / "thresher" / "shipped"
RECIPE = HERE / "warm-start-wavenet.toml"

MOST_MEGABYTES = 20.0
FEATURES = "features.safetensors"


@click.command(help=__doc__)
@click.option("--budget", callback=duration, metavar="TIME", help="How long this slice trains.")
@click.option("--anneal", is_flag=True, help="Let the learning rate sink over this slice.")
@click.option("--ship", is_flag=True, help="Copy a checkpoint into the package.")
@click.option("--checkpoint", default="best", show_default=True, help="Which one: step-… by ear.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--run", "run_id", help="The run's id.  [default: warm-start-FAMILY]")
@click.option("--recipe", type=click.Path(path_type=Path), default=RECIPE, show_default=True)
@click.option("--songs", type=click.Path(path_type=Path), default=SONGS, show_default=True)
@click.option(
    "--workspace", type=click.Path(path_type=Path), default=Path("warm-start"), show_default=True
)
@click.option("--to", type=click.Path(path_type=Path), help="Default: the package's folder of it.")
def main(
    budget: float | None,
    anneal: bool,
    ship: bool,
    checkpoint: str,
    pairs: tuple[str, ...],
    run_id: str | None,
    recipe: Path,
    songs: Path,
    workspace: Path,
    to: Path | None,
) -> None:
    """Train a slice, ship a checkpoint, or both."""
    console, place = Console(stderr=True), Workspace(workspace)
    if budget is None and not ship:
        raise click.UsageError("nothing to do: give --budget, --ship or both")
    try:
        plan = load_recipe(recipe)
        name, folder = run_id or f"warm-start-{plan.family}", to or SHIPPED / plan.family
        if budget is not None:
            schedule = {"schedule": "cosine" if anneal else "constant"}
            settings = {**schedule, **parse_overrides(pairs), "budget_seconds": budget}
            run = learn(place, name, plan, songs, settings)
            console.print(f"{run.id}: step {run.manifest['step']}, {run.manifest['best_value']}")
        if ship:
            console.print(f"shipped {ship_checkpoint(place.run(name), checkpoint, folder)}")
    except TrainingStopped as stop:
        console.print(f"{stop}; run the same command again to go on")
        raise SystemExit(130) from None
    except ThresherError as error:
        console.print(f"error: {error}", markup=False)
        raise SystemExit(1) from None


def learn(
    workspace: Workspace, run_id: str, recipe: Recipe, songs: Path, settings: dict[str, object]
) -> Run:
    """Train one slice: begin the run, or go on with it."""
    name = songs.name
    build_corpus(workspace, name, [songs], from_mapping(CorpusConfig, recipe.corpus))
    settings = {**recipe.settings, **settings}
    if (workspace.run(run_id) / "manifest.json").exists():
        return resume(workspace, run_id, settings=settings)
    return train(
        workspace, recipe.family, name, preset=recipe.preset, settings=settings, name=run_id
    )


def ship_checkpoint(run_folder: Path, which: str, to: Path) -> str:
    """Write a checkpoint with two-byte weights, and the features beside it.

    Raises:
        ThresherError: there is no such checkpoint, or it is too large to ship.
    """
    opened = open_checkpoint(find_checkpoint(run_folder, which))
    run = open_run(run_folder)
    with whole_folder(to) as part:
        save_checkpoint(part, opened, opened.networks(), dtype="float16")
        shutil.copyfile(run_folder / FEATURES, part / FEATURES)
        for path in part.iterdir():
            path.chmod(0o644)  # a package's files are for everyone; weights are written private
        megabytes = sum(path.stat().st_size for path in part.iterdir()) / 1e6
        if megabytes > MOST_MEGABYTES:
            raise ThresherError(
                f"{megabytes:.1f} MB is too large to ship (at most {MOST_MEGABYTES:g} MB)",
                looked_at=opened.folder,
                hint="a smaller network in the recipe",
            )
    hours = run.manifest["seconds"] / 3600
    bits = "never validated" if opened.held_out is None else f"{opened.held_out:.3f} bits"
    return f"{opened.folder.name} ({bits}, {hours:.1f} h, {megabytes:.1f} MB) to {to}"


if __name__ == "__main__":
    main()
