"""Curves: numbers by step, in the ledger and in TensorBoard event files at once."""

import math
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import SupportsFloat

from thresher.errors import ThresherError
from thresher.journal.events import EventFile
from thresher.journal.mirror import mirror_live, require_mirror
from thresher.journal.store import reading, writing

FLUSH_SECONDS = 2.0
"""Numbers wait this long at most: rarely enough to cost nothing, often enough to watch."""


class Scalars:
    """A run's curves while it runs.

    A run that goes on from a checkpoint gives the step it resumed from, and whatever an
    interrupted attempt wrote beyond that step is dropped from both places.

    Raises:
        ThresherError: the ledger or the events folder cannot be written.
    """

    def __init__(
        self,
        journal_path: Path,
        run_id: str,
        events_folder: Path,
        *,
        resumed_step: int | None = None,
    ) -> None:
        require_mirror()
        self._journal = journal_path
        self._run = run_id
        self._waiting: list[tuple[int, str, float]] = []
        self._flushed = time.monotonic()
        if resumed_step is not None:
            with writing(journal_path) as connection:
                _drop_after(connection, run_id, resumed_step)
        self._events = EventFile(events_folder, resumed_step=resumed_step)

    def __enter__(self) -> "Scalars":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, step: int, values: Mapping[str, SupportsFloat]) -> None:
        """Note numbers of a step; a number noted twice keeps the later value.

        A ledger that is busy or broken does not stop a run: the numbers wait for it, and
        `close` says so if they waited in vain (the event files have them all).
        """
        numbers = {name: float(value) for name, value in values.items()}
        self._events.add(step, numbers)
        self._waiting += [(step, name, number) for name, number in numbers.items()]
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush_quietly()

    def flush(self) -> None:
        """Put everything noted so far on disk.

        Raises:
            ThresherError: the ledger cannot be written; the event files are complete.
        """
        self._flushed = time.monotonic()
        self._events.flush()
        with writing(self._journal) as connection:
            insert_scalars(connection, self._run, self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """Flush and close; see `flush`."""
        try:
            self.flush()
        finally:
            self._events.close()
        mirror_live(self._journal)

    def _flush_quietly(self) -> None:
        try:
            self.flush()
        except ThresherError:
            # Kept in memory: the next flush tries again and `close` reports.
            return


def insert_scalars(
    connection: sqlite3.Connection, run_id: str, numbers: Iterable[tuple[int, str, float]]
) -> None:
    """Write (step, name, value) rows inside a transaction; the later value of two wins."""
    now = time.time_ns()
    connection.executemany(
        "INSERT OR REPLACE INTO scalars (run, step, name, value, changed) VALUES (?, ?, ?, ?, ?)",
        ((run_id, step, name, value, now) for step, name, value in numbers),
    )


def curves(journal: Path, run_id: str) -> dict[str, list[tuple[int, float]]]:
    """A run's scalars by name: (step, value) in order of steps.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    with reading(journal) as connection:
        rows = connection.execute(
            "SELECT name, step, value FROM scalars WHERE run = ? ORDER BY name, step", (run_id,)
        ).fetchall()
    found: dict[str, list[tuple[int, float]]] = {}
    for name, step, value in rows:
        found.setdefault(name, []).append((step, math.nan if value is None else value))
    return found


def _drop_after(connection: sqlite3.Connection, run_id: str, step: int) -> None:
    connection.execute("DELETE FROM scalars WHERE run = ? AND step > ?", (run_id, step))
