"""A contact sheet: many seeds drawn small, so that a person can choose one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from rich.console import Console
from rich.progress import track

from thresher.art.config import ArtConfig
from thresher.art.cover import study_songs
from thresher.art.design import design
from thresher.art.typesetting import FACES, font
from thresher.disk import content_hash, whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, record
from thresher.settings import to_mapping
from thresher.workspace import Workspace, slug

CELL = 384
COLUMNS = 5
CAPTION = 34


@dataclass(frozen=True)
class Sheet:
    """Candidates side by side; the caption of each is its seed."""

    folder: Path
    seeds: tuple[int, ...]

    @property
    def picture(self) -> Path:
        """All candidates on one page."""
        return self.folder / "sheet.png"


def draw_sheet(
    workspace: Workspace,
    songs: Sequence[str],
    count: int,
    *,
    artist: str,
    title: str,
    config: ArtConfig | None = None,
    name: str | None = None,
    release: Sequence[str] = (),
) -> Sheet:
    """Draw ``count`` candidates: the song's own seed, then 1, 2, 3 …

    Arguments are those of `draw_cover`; the page lands in ``covers/NAME-sheet/``.

    Raises:
        ThresherError: not 1 to 100 candidates; else as `draw_cover`.
    """
    if not 1 <= count <= 100:
        raise ThresherError(f"a sheet holds 1 to 100 candidates, not {count}")
    config = config or ArtConfig()
    folder = workspace.cover(f"{name or slug(title)}-sheet")
    stages = Stages()
    study = study_songs(workspace, songs, release=release, config=config, stages=stages)
    seeds = (study.seed, *range(1, count))
    page = _page(count)
    cells = []
    shown = track(seeds, "covers", console=Console(stderr=True), transient=True)
    for place, seed in enumerate(shown):
        with stages.measure("draw"):
            plan = design(
                study.song, study.character, seed=seed, artist=artist, title=title, config=config
            )
            _paste(page, place, Image.fromarray(plan.render(CELL)), str(seed))
        cells.append({"seed": seed, "composition": plan.composition, "scheme": plan.scheme})
    with whole_folder(folder) as part:
        page.save(part / "sheet.png", compress_level=3)
        manifest = new_manifest(
            kind="cover-sheet",
            id=folder.name,
            settings=to_mapping(config),
            seed=None,
            parents=[source.parent for source in study.sources],
            stages=stages,
            files={"sheet.png": content_hash(part / "sheet.png")},
            more={"artist": artist, "title": title, "candidates": cells},
        )
        write_manifest(part, manifest)
    record(workspace.journal, folder)
    return Sheet(folder, seeds)


def _page(count: int) -> Image.Image:
    rows = -(-count // COLUMNS)
    return Image.new("RGB", (CELL * min(count, COLUMNS), (CELL + CAPTION) * rows), "#101010")


def _paste(page: Image.Image, place: int, cover: Image.Image, caption: str) -> None:
    row, column = divmod(place, COLUMNS)
    left, top = column * CELL, row * (CELL + CAPTION)
    page.paste(cover, (left, top))
    typeface = font(FACES["oswald"].path, 18.0)
    where = (left + CELL / 2, top + CELL + CAPTION / 2)
    ImageDraw.Draw(page).text(where, caption, font=typeface, fill="#c8c4bc", anchor="mm")
