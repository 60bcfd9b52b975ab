"""Progress on stderr: how far, how fast, how long still."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

import rich.progress
from rich.console import Console


class Task:
    """One bar; its methods may be called from any thread."""

    def __init__(self, bars: rich.progress.Progress, task: rich.progress.TaskID) -> None:
        self._bars, self._task = bars, task

    def samples(self, count: int) -> None:
        """Count samples that were just handled."""
        self._bars.advance(self._task, count)

    @contextlib.contextmanager
    def whole_step(self) -> Iterator[Callable[[float, float], None]]:
        """One recording: moves smoothly while it is heard, and by exactly 1 in the end."""
        done = 0.0

        def heard(seconds: float, of: float) -> None:
            nonlocal done
            now = min(1.0, seconds / of) if of > 0 else 0.0
            if now - done > 0.01:
                self._bars.advance(self._task, now - done)
                done = now

        yield heard
        self._bars.advance(self._task, 1 - done)


class Progress:
    """Bars one under the other."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars

    def task(self, name: str, total: int) -> Task:
        """Start a bar that is full at ``total``."""
        return Task(self._bars, self._bars.add_task(name, total=total))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while the block runs; on anything but a terminal, nothing."""
    columns = (
        rich.progress.TextColumn("{task.description:>10}"),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(show_speed=True),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn("left"),
        rich.progress.TimeRemainingColumn(),
    )
    with _stderr_to_ourselves() as stderr:
        console = Console(file=stderr, quiet=not stderr.isatty())
        with rich.progress.Progress(*columns, console=console, transient=True) as bars:
            yield Progress(bars)


@contextlib.contextmanager
def _stderr_to_ourselves() -> Iterator[TextIO]:
    """A private stderr, while descriptor 2 leads nowhere.

    libmpg123 writes its own warnings there, for every broken file, and cannot be asked not
    to through libsndfile. What is wrong with a file is told once, by us.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        with open(kept, "w", encoding="utf-8", closefd=False) as stderr:
            yield stderr
    finally:
        os.dup2(kept, 2)
        os.close(kept)
