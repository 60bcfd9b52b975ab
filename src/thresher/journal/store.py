"""The SQLite file under the journal: opened briefly, written whole, clear when it is broken.

A connection lives for one reading or one transaction only. That costs under a millisecond,
and in return processes never wait long for each other, a fork cannot inherit an open
ledger, and `rebuild` may put a new file in the place of a broken one at any time.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from thresher.disk import clear_disk_errors
from thresher.errors import ThresherError

BUSY_SECONDS = 30.0
"""How long a writer waits for its turn. Transactions take milliseconds; thirty seconds
outlast dozens of processes and a disk that is busy with a checkpoint."""

_VERSION = 1
_SCHEMA = """
CREATE TABLE entries (
    hash TEXT PRIMARY KEY,       -- SHA-256 of the manifest as it was recorded
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    folder TEXT NOT NULL,        -- relative to the ledger where it lies beside it
    recorded INTEGER NOT NULL,   -- ns since 1970, the newest of a folder is its present state
    manifest TEXT NOT NULL       -- JSON
) STRICT;
CREATE INDEX entries_by_id ON entries (id, recorded);
CREATE TABLE scalars (
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL,                  -- NULL stands for NaN, which SQLite cannot hold
    changed INTEGER NOT NULL,    -- ns since 1970: newer ones have yet to be mirrored
    PRIMARY KEY (run, name, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE notes (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    written TEXT NOT NULL,       -- ISO 8601, UTC
    sort TEXT NOT NULL,          -- hypothesis or verdict
    text TEXT NOT NULL,
    PRIMARY KEY (kind, id, written, sort, text)
) STRICT;
CREATE TABLE mirrored (          -- what an MLflow server already has
    server TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    server_run TEXT NOT NULL,
    hash TEXT NOT NULL,
    changed INTEGER NOT NULL,    -- newest scalar it has
    PRIMARY KEY (server, kind, id)
) STRICT;
"""
_TABLES = _SCHEMA.count("CREATE TABLE")


@contextlib.contextmanager
def reading(journal: Path) -> Iterator[sqlite3.Connection]:
    """A connection to look things up with; where there is no ledger, an empty one.

    Raises:
        ThresherError: the ledger is broken, busy, or cannot be opened.
    """
    # Looking must not leave a workspace behind in whatever folder somebody stands.
    where = journal if journal.exists() else ":memory:"
    with _clear_errors(journal), contextlib.closing(_open(where)) as connection:
        yield connection


@contextlib.contextmanager
def writing(journal: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: all of the block is written, or none of it.

    Raises:
        ThresherError: the ledger is broken, busy, cannot be written, or the disk is full.
    """
    with clear_disk_errors(journal):
        journal.parent.mkdir(parents=True, exist_ok=True)
    with _clear_errors(journal), contextlib.closing(_open(journal)) as connection:
        # IMMEDIATE takes the writer's turn at once. A transaction that began by reading
        # would be refused without waiting when another process wrote in between.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def check(journal: Path) -> bool:
    """Read the whole ledger; True when it is sound.

    Raises:
        ThresherError: it is busy or cannot be opened, which says nothing about its state.
    """
    with _clear_errors(journal), contextlib.closing(sqlite3.connect(journal)) as connection:
        try:
            rows = connection.execute("PRAGMA integrity_check").fetchall()
            tables = connection.execute("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'")
            return rows == [("ok",)] and tables.fetchone()[0] in (0, _TABLES)
        except sqlite3.DatabaseError as error:
            if _kind(error) in _REASONS:
                raise
            return False


def _open(where: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(where, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        if _version(connection) == 0:
            _create(connection)
        _refuse_newer(where, _version(connection))
        # In WAL mode a kill loses nothing even so, and a power cut at most the last entries,
        # which `rebuild` finds again; the folders themselves are always flushed.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) == 0:  # another process may have been first
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.commit()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_newer(where: Path | str, version: int) -> None:
    if version > _VERSION:
        raise ThresherError(
            f"the journal was written by a newer Thresher (layout {version}, known: {_VERSION})",
            looked_at=where,
            hint="update Thresher, or use another --workspace",
        )


_BROKEN = (
    "the journal is broken ({error}); nothing is lost, "
    "every folder's manifest.json is intact and the journal is made from them"
)
_REASONS = {
    sqlite3.SQLITE_BUSY: ("another process has kept the journal busy", "wait for it and run again"),
    sqlite3.SQLITE_LOCKED: (
        "another process has kept the journal busy",
        "wait for it and run again",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full: could not write the journal (what stood there is intact)",
        "free some space and run the same command again",
    ),
    sqlite3.SQLITE_READONLY: ("the journal cannot be written", "check who owns the workspace"),
    sqlite3.SQLITE_CANTOPEN: ("the journal cannot be opened", "check who owns the workspace"),
    sqlite3.SQLITE_IOERR: ("the disk failed while using the journal ({error})", "check the disk"),
}


@contextlib.contextmanager
def _clear_errors(journal: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        problem, hint = _REASONS.get(_kind(error), (_BROKEN, "thresher journal rebuild"))
        raise ThresherError(problem.format(error=error), looked_at=journal, hint=hint) from error


def _kind(error: sqlite3.Error) -> int:
    # The low byte is the kind of failure, the others say where in SQLite it arose.
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF
