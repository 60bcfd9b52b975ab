"""Progress on stderr: how far, how fast, how long still."""

import contextlib
from collections.abc import Callable, Iterator

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

    def task(self, name: str, total: float) -> Task:
        """Start a bar that is full at ``total``."""
        return Task(self._bars, self._bars.add_task(name, total=total))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while the block runs; on anything but a terminal, nothing."""
    console = Console(stderr=True)
    columns = (
        rich.progress.TextColumn("{task.description:>10}"),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(show_speed=True),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn("left"),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bars:
        yield Progress(bars)
