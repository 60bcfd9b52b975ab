"""Progress on stderr: a live bar for a terminal, a plain line now and then for a log."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

_PLAIN_EVERY_SECONDS = 30.0


class Display:
    """Shows how training goes; silent when it is not the one who leads."""

    def __init__(self, title: str, *, shown: bool) -> None:
        self._console = Console(stderr=True, quiet=not shown)
        self._live = shown and self._console.is_terminal
        self._shown = shown
        self._next_plain = 0.0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=not self._live,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task(escape(title), total=1.0, figures="")

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, done: float, figures: str) -> None:
        """Move the bar to ``done`` in [0, 1]; ``figures`` stand beside it."""
        self._progress.update(self._task, completed=done, figures=escape(figures))
        if self._shown and not self._live and time.monotonic() >= self._next_plain:
            self._next_plain = time.monotonic() + _PLAIN_EVERY_SECONDS
            print(f"{100 * done:5.1f}%  {figures}", file=sys.stderr, flush=True)

    def tell(self, line: str) -> None:
        """A line that stays."""
        if self._live:
            self._console.print(escape(line))
        elif self._shown:
            print(line, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """A duration as people read it.

    >>> clock(3725.0)
    '1:02:05'
    """
    minutes, second = divmod(round(max(seconds, 0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
