"""Clips in, a map of them out: stretches that sound alike lie side by side.

The vectors are those that order a song, so what is found by ear and what is chosen by curation
agree about what is alike. After Carr and Zukowski 2019 (D.O.M.E.).
"""

import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from jaxtyping import Float32

from thresher.audio.descriptors import DESCRIPTORS
from thresher.audio.files import Audio, read_audio
from thresher.corpus.progress import Progress, progress
from thresher.curation.config import CurationConfig, MapConfig
from thresher.curation.layout import Layout
from thresher.curation.map_page import Cell, Heard, write_map_page
from thresher.curation.pipeline import cache_beside, described, without_copies
from thresher.curation.sources import Sources, find_sources
from thresher.curation.stretches import Stretch, lay_out_rows, rows_of, stretches_of
from thresher.disk import content_hash, whole_folder, write_json, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, parent_of, record
from thresher.settings import to_mapping
from thresher.workspace import Workspace

PAGE, TABLE = "map.html", "map.json"

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Sounds in the page are MP3 at these, and FLAC at any other."""


@dataclass(frozen=True, kw_only=True)
class ClipMap:
    """A finished map."""

    name: str
    folder: Path
    stretches: int
    cells: int
    """That hold something."""
    left_out: int
    """Clips that no gate lets pass."""

    @property
    def page(self) -> Path:
        """To open in a browser."""
        return self.folder / PAGE


def draw_map(workspace: Workspace, name: str, clips: Sequence[str], config: MapConfig) -> ClipMap:
    """Lay the stretches of clips out on a square to browse.

    Args:
        workspace: where it goes, and where clip sets are.
        name: of the map.
        clips: ids of clip sets, folders and files, in any order.
        config: the settings.

    Raises:
        ThresherError: no clips, or none that passes the gates of curation.
    """
    folder, stages, curation = workspace.map(name), Stages(), CurationConfig()
    sources = find_sources(workspace, clips)
    with progress() as shown:
        cache = cache_beside(workspace.song(name))
        found = without_copies(described(sources, curation, cache, stages, shown))
        readable = [clip for clip in found if clip.description]
        passing = [clip for clip in readable if clip.report.passed or not config.gates]
        stretches = [s for clip in passing for s in stretches_of(clip, config, curation)]
        if not stretches:
            raise ThresherError(
                f"none of {len(found)} clips can be put on a map: all are silent or turned away",
                hint="thresher curate tells why of each",
            )
        with stages.measure("lay out"):
            rows = [rows_of(stretch) for stretch in stretches]
            layout = lay_out_rows(rows, [s.clip.description for s in stretches], config)
        with whole_folder(folder) as part, stages.measure("page"):
            _write(part, workspace.root, name, stretches, rows, layout, shown)
            manifest = _manifest(name, sources, stretches, layout, config, stages, part)
            write_manifest(part, manifest)
    record(workspace.journal, folder)
    cells = len(np.unique(layout.cell))
    return ClipMap(
        name=name,
        folder=folder,
        stretches=len(stretches),
        cells=cells,
        left_out=len(found) - len(passing),
    )


def _write(
    part: Path,
    root: Path,
    name: str,
    stretches: Sequence[Stretch],
    rows: Sequence[Float32[np.ndarray, " columns"]],
    layout: Layout,
    shown: Progress,
) -> None:
    """The page with its sounds inside, and the table of everything."""
    listed = sorted(set(layout.nearest[layout.nearest >= 0].tolist()))
    bar = shown.task("sounds", len(listed))
    heard = {}
    reader = functools.lru_cache(maxsize=1)(read_audio)  # stretches of a clip follow each other
    for index in listed:
        stretch, home = stretches[index], int(layout.cell[index])
        file = _listed_as(stretch.clip.source.path, root)
        heard[index] = Heard(_place(stretch), file, home, *_packed(stretch, reader))
        bar.samples(1)
    cells = _cells(np.stack(rows), layout)
    write_map_page(part / PAGE, name, cells, heard, len(stretches))
    table = {
        "side": layout.side,
        "stretches": [
            {
                "clip": stretch.clip.source.label,
                "start_seconds": stretch.start_seconds,
                "seconds": stretch.seconds,
                "cell": int(cell),
            }
            for stretch, cell in zip(stretches, layout.cell, strict=True)
        ],
        "nearest": [[n for n in row if n >= 0] for row in layout.nearest.tolist()],
    }
    write_json(part / TABLE, table)


def _place(stretch: Stretch) -> str:
    start = stretch.start_seconds
    return f"{stretch.clip.source.label} at {int(start // 60)}:{start % 60:04.1f}"


def _listed_as(path: Path, root: Path) -> str:
    """A clip of the workspace from there, any other by its whole path."""
    whole, inside = path.resolve(), root.resolve()
    return str(whole.relative_to(inside) if whole.is_relative_to(inside) else whole)


def _packed(stretch: Stretch, reader: Callable[[Path], Audio]) -> tuple[str, bytes]:
    """The sound of a stretch as a browser plays it: its kind and its bytes."""
    audio = reader(stretch.clip.source.path)
    rate = audio.sample_rate
    start = round(stretch.start_seconds * rate)
    sound = np.clip(audio.samples[start : start + round(stretch.seconds * rate)], -1, 1)
    file, form = io.BytesIO(), "MP3" if rate in MP3_RATES else "FLAC"
    soundfile.write(file, sound, rate, format=form)
    return "audio/mpeg" if form == "MP3" else "audio/flac", file.getvalue()


def _cells(rows: Float32[np.ndarray, "stretches columns"], layout: Layout) -> list[Cell]:
    """Colour by pitch class and brightness, as D.O.M.E. has it."""
    members = [np.flatnonzero(layout.cell == cell) for cell in range(layout.side**2)]
    means = [rows[inside].mean(axis=0) if len(inside) else rows[0] for inside in members]
    # The second cepstral coefficient weighs bass against treble: the less, the brighter.
    tilt = np.array([-mean[DESCRIPTORS["timbre"]][1] for mean in means])
    place = tilt.argsort(kind="stable").argsort(kind="stable") / max(1, len(tilt) - 1)
    return [
        Cell(
            len(inside),
            30 * int(mean[DESCRIPTORS["chroma"]].argmax()),
            float(bright),
            [n for n in near if n >= 0],
        )
        for inside, mean, bright, near in zip(
            members, means, place, layout.nearest.tolist(), strict=True
        )
    ]


def _manifest(
    name: str,
    sources: Sources,
    stretches: Sequence[Stretch],
    layout: Layout,
    config: MapConfig,
    stages: Stages,
    part: Path,
) -> dict[str, Any]:
    return new_manifest(
        kind="map",
        id=name,
        settings=to_mapping(config),
        seed=config.seed,
        parents=[parent_of(folder) for folder in sources.sets],
        stages=stages,
        files={file: content_hash(part / file) for file in (PAGE, TABLE)},
        more={"stretches": len(stretches), "side": layout.side},
    )
