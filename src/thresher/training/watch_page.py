"""The page of a hearing: every checkpoint in one table, with its sound and its picture."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32
from markupsafe import Markup

from thresher.pages import (
    Section,
    badge,
    drawing,
    new_figure,
    picture,
    prose,
    sound,
    table,
    write_page,
)
from thresher.training.hearing import Heard, Hearing
from thresher.training.music import held_out_clips

_PLAYED = 4
"""Clips of each checkpoint on the page."""

_HEAD = (
    "checkpoint",
    "",
    "held out",
    "clips that pass",
    "fail",
    "stuck in a loop",
    "quote the music",
    "distance",
)

_HOW = """Every checkpoint plays the same requests: same seeds, same curves, same length. A clip \
passes when no gate turns it away (silence, DC, clipping, noise, a loop, clicks). The distance \
(Fréchet, of named features) says how far the clips lie from music the model never learned from; \
real music of the same artist lies at a few tenths. Recommended is the highest share of passing \
clips, then the smallest distance; within a fifth, the lowest loss on held-out music \
(bits per sample, for families that predict codes)."""


def write_watch_page(path: Path, hearing: Hearing) -> None:
    """Write the page; see `thresher.pages.write_page`."""
    sections = [Section("All checkpoints", Markup("").join([_table(hearing), prose(_HOW)]))]
    if len(hearing.heard) > 1:
        sections.append(Section("Over the steps", _curves(hearing.heard)))
    sections += [_section(heard, hearing.corpus.sample_rate) for heard in hearing.heard]
    sections.append(_real(hearing))
    write_page(
        path,
        title=f"Checkpoints of {hearing.run.id}",
        lead=f"Recommended: {hearing.choice.checkpoint} ({hearing.choice.why}).",
        sections=sections,
    )


def _table(hearing: Hearing) -> Markup:
    rows = []
    for heard in hearing.heard:
        entry = heard.entry
        name = entry["checkpoint"]
        marks = [badge("recommended", "good")] if name == hearing.choice.checkpoint else []
        named = {"best": "lowest held out", "latest": "latest"}
        marks += [badge(w, "open") for k, w in named.items() if hearing.run.manifest.get(k) == name]
        failures = ", ".join(f"{gate} {count}" for gate, count in entry["failures"].items())
        rows.append(
            [
                name,
                Markup(" ").join(marks),
                _number(entry["held_out"], 3),
                f"{entry['passed']} of {entry['clips']}",
                failures or "–",
                _share(entry["failures"].get("trap", 0), entry["clips"]),
                _share(entry["memorised"], entry["clips"]),
                _number(entry["distance"], 2),
            ]
        )
    return table(_HEAD, rows, numbers=(2, 3, 5, 6, 7))


def _curves(heard: tuple[Heard, ...]) -> Markup:
    figure = new_figure(9.0, 2.8, columns=3)
    steps = [each.entry["step"] for each in heard]
    measure = heard[0].entry["measure"]
    columns = {
        "distance": [each.entry["distance"] for each in heard],
        "share of clips that pass": [e.entry["passed"] / e.entry["clips"] for e in heard],
        f"held out, {measure}": [each.entry["held_out"] for each in heard],
    }
    for axes, (title, values) in zip(figure.axes, columns.items(), strict=True):
        axes.plot(steps, [np.nan if v is None else v for v in values], marker="o")
        axes.set_title(title)
        axes.set_xlabel("step")
    figure.axes[1].set_ylim(-0.05, 1.05)
    return drawing(figure, alt=f"Distance, pass-rate and held-out {measure} over the steps")


def _section(heard: Heard, sample_rate: int) -> Section:
    parts = [
        picture(
            (heard.folder / "clips.png").read_bytes(),
            alt=f"Spectrogram of {heard.entry['checkpoint']}",
            caption=heard.entry["sentence"],
        )
    ]
    parts += _players(heard.clips()[:_PLAYED], sample_rate)
    return Section(heard.entry["checkpoint"], Markup("").join(parts))


def _real(hearing: Hearing) -> Section:
    seconds = hearing.heard[0].entry["seconds"]
    clips = held_out_clips(hearing.corpus, _PLAYED, seconds)
    return Section(
        "The music itself, held out",
        Markup("").join(_players(clips, hearing.corpus.sample_rate)),
    )


def _players(
    clips: list[Float32[np.ndarray, " samples"]] | Float32[np.ndarray, "clips samples"],
    sample_rate: int,
) -> list[Markup]:
    return [sound(clip, sample_rate, f"clip {index + 1}") for index, clip in enumerate(clips)]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(count: int | None, clips: int) -> str:
    return "–" if count is None else f"{count / clips:.0%}"
