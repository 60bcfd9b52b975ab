"""Copying the ledger to an MLflow server, for people who already watch one.

The ledger stays the original: an MLflow run per entry, settings as parameters, curves and
stages as metrics, lineage and notes as tags. With ``THRESHER_MLFLOW`` set to the server's
address every record is copied as it is made; ``thresher journal mirror`` catches up.
"""

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from thresher.disk import exclusive
from thresher.errors import ThresherError
from thresher.journal.ledger import Entry, entries
from thresher.journal.notes import notes
from thresher.journal.store import reading, writing

SERVER_VARIABLE = "THRESHER_MLFLOW"
_METRICS_AT_ONCE = 1000  # MLflow's own limits for one request
_PARAMS_AT_ONCE = 100
_LONGEST_PARAM = 6000

_unreachable: set[str] = set()


class _Sent(NamedTuple):
    """How much of an entry the server has."""

    server_run: str
    hash: str
    changed: int


def mirror(journal: Path, server: str) -> int:
    """Send what the server does not have yet; returns how many entries that touched.

    Raises:
        ThresherError: the extra is not installed, the server does not answer, or another
            process is at it.
    """
    mlflow = _mlflow()
    from mlflow.exceptions import MlflowException

    with exclusive(journal.parent / ".mirror"):
        try:
            client = mlflow.MlflowClient(tracking_uri=server)
            experiment = _experiment(client)
            return sum(_send(client, journal, server, experiment, e) for e in entries(journal))
        except (MlflowException, OSError) as error:
            raise ThresherError(
                f"the MLflow server did not take the entries: {str(error).splitlines()[0]}",
                looked_at=server,
                hint="start it, then: thresher journal mirror",
            ) from error


def mirror_live(journal: Path) -> None:
    """Send what is new, if ``THRESHER_MLFLOW`` asks for it.

    A server that does not answer is reported once and then left alone: work that took
    hours must not fail, or wait, for the copy of its record.

    Raises:
        ThresherError: asked for without the extra installed.
    """
    server = require_mirror()
    if server is None or server in _unreachable:
        return
    try:
        mirror(journal, server)
    except ThresherError as error:
        _unreachable.add(server)
        print(f"note: {error}", file=sys.stderr)


def require_mirror() -> str | None:
    """The server asked for in the environment, once it is sure that the extra is there.

    Raises:
        ThresherError: the extra is not installed.
    """
    server = os.environ.get(SERVER_VARIABLE)
    if server:
        _mlflow()
    return server or None


def _mlflow() -> Any:
    # Its defaults wait for minutes on a server that is down.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    try:
        return importlib.import_module("mlflow")
    except ImportError as error:
        raise ThresherError(
            f"mirroring to MLflow needs a package that is not installed ({error.name})",
            looked_at=SERVER_VARIABLE,
            hint="pip install 'thresher[mlflow]'",
        ) from None


def _experiment(client: Any) -> str:
    known = client.get_experiment_by_name("thresher")
    return str(client.create_experiment("thresher") if known is None else known.experiment_id)


def _send(client: Any, journal: Path, server: str, experiment: str, entry: Entry) -> bool:
    sent = _sent(journal, server, entry) or _begin(client, journal, server, experiment, entry)
    scalars = _new_scalars(journal, entry, sent.changed)
    if sent.hash == entry.hash and not scalars:
        return False
    metrics = [*_stage_metrics(entry), *((name, v, step) for name, step, v, _ in scalars)]
    _log(client, sent.server_run, "metrics", _as_metrics(metrics), _METRICS_AT_ONCE)
    for key, value in _tags(journal, entry).items():
        client.set_tag(sent.server_run, key, value)
    # Even a run that is still being trained is closed: MLflow lists it either way, and
    # a killed process could not close it later.
    client.set_terminated(sent.server_run)
    changed = max((row[3] for row in scalars), default=sent.changed)
    _remember(journal, server, entry, _Sent(sent.server_run, entry.hash, changed))
    return True


def _begin(client: Any, journal: Path, server: str, experiment: str, entry: Entry) -> _Sent:
    from mlflow.entities import Param

    run = client.create_run(experiment, run_name=f"{entry.kind}/{entry.id}")
    sent = _Sent(str(run.info.run_id), "", 0)
    _remember(journal, server, entry, sent)
    # Parameters cannot be changed on a server, so they are what the entry began with.
    rows = [
        Param(_key(name), json.dumps(value)[:_LONGEST_PARAM])
        for name, value in entry.settings.items()
    ]
    _log(client, sent.server_run, "params", rows, _PARAMS_AT_ONCE)
    return sent


def _log(client: Any, server_run: str, what: str, rows: Sequence[Any], at_once: int) -> None:
    for start in range(0, len(rows), at_once):
        client.log_batch(server_run, **{what: rows[start : start + at_once]})


def _as_metrics(rows: Sequence[tuple[str, float, int]]) -> list[Any]:
    from mlflow.entities import Metric

    return [Metric(_key(name), value, 0, step) for name, value, step in rows]


def _stage_metrics(entry: Entry) -> Iterator[tuple[str, float, int]]:
    for stage in entry.stages:
        for key in ("seconds", "samples_per_s"):
            if stage.get(key) is not None:
                yield f"stage/{stage.get('name')}/{key}", float(stage[key]), 0


def _tags(journal: Path, entry: Entry) -> Mapping[str, str]:
    remarks = [
        f"{n.sort} ({n.written[:10]}): {n.text}" for n in notes(journal, entry.kind, entry.id)
    ]
    return {
        "thresher.hash": entry.hash,
        "thresher.created": entry.created,
        "thresher.version": str(entry.manifest.get("version")),
        "thresher.revision": str(entry.manifest.get("revision")),
        "thresher.seed": str(entry.manifest.get("seed")),
        "thresher.parents": json.dumps(entry.parents),
        "mlflow.note.content": "\n\n".join(remarks),
    }


def _new_scalars(journal: Path, entry: Entry, since: int) -> list[tuple[str, int, float, int]]:
    if entry.kind != "run":
        return []
    with reading(journal) as connection:
        return connection.execute(
            "SELECT name, step, value, changed FROM scalars "
            "WHERE run = ? AND changed > ? AND value IS NOT NULL ORDER BY step",
            (entry.id, since),
        ).fetchall()


def _sent(journal: Path, server: str, entry: Entry) -> _Sent | None:
    with reading(journal) as connection:
        row = connection.execute(
            "SELECT server_run, hash, changed FROM mirrored "
            "WHERE server = ? AND kind = ? AND id = ?",
            (server, entry.kind, entry.id),
        ).fetchone()
    return None if row is None else _Sent(*row)


def _remember(journal: Path, server: str, entry: Entry, sent: _Sent) -> None:
    with writing(journal) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO mirrored (server, kind, id, server_run, hash, changed) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (server, entry.kind, entry.id, *sent),
        )


def _key(name: str) -> str:
    """A name as MLflow allows it."""
    return re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII)[:250]
