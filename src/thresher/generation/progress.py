"""The line on stderr that says how far the clips are."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Report(NamedTuple):
    """Called by the loop as it goes."""

    played: Callable[[int], None]
    """So many more samples, all clips together."""
    finished: Callable[[int], None]
    """So many clips on disk now, those of earlier calls among them."""


class _Speed(ProgressColumn):
    """Samples a second, and how that compares with listening."""

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self._sample_rate = sample_rate

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed or 0.0
        ratio = speed / self._sample_rate
        return Text(f"{speed:,.0f} samples/s, {ratio:.2f}× real time", no_wrap=True)


def say(line: str) -> None:
    """One line for people, on stderr."""
    Console(stderr=True, highlight=False).print(line, markup=False, soft_wrap=True)


LONG_PROMPT_SECONDS = 20.0
"""From here on a recurrent network hears a prompt for long enough that people wonder."""


def announce_prompt(seconds: float) -> None:
    """Say that a long prompt is heard to its end before the first sample is played."""
    if seconds >= LONG_PROMPT_SECONDS:
        say(f"hearing all {seconds:.0f} s of the prompt first; a shorter one begins sooner")


@contextlib.contextmanager
def shown_progress(
    *, earlier: int, missing: int, length_samples: int, sample_rate: int
) -> Iterator[Report]:
    """Show clips, rate, real-time factor and the time that is left."""
    columns = (
        TextColumn("clips {task.fields[clips]}"),
        BarColumn(bar_width=20),
        _Speed(sample_rate),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        wanted = earlier + missing
        total = missing * length_samples
        task = progress.add_task("", total=total, clips=f"{earlier}/{wanted}")
        yield Report(
            played=lambda samples: progress.advance(task, samples),
            finished=lambda clips: progress.update(task, clips=f"{clips}/{wanted}"),
        )
