"""thresher.journal.mirror: a copy on an MLflow server, which may be down or not installed."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from thresher.errors import ThresherError
from thresher.journal import Scalars, add_note, entries, mirror, record
from thresher.journal.mirror import _unreachable

SERVER = "http://server.example"


class Server:
    """What of MLflow's client is used, remembering what it was told."""

    def __init__(self):
        self.down = False
        self.experiments = {}
        self.runs = {}

    def get_experiment_by_name(self, name):
        if self.down:
            raise ConnectionError("no route")
        return self.experiments.get(name)

    def create_experiment(self, name):
        self.experiments[name] = SimpleNamespace(experiment_id="1")
        return "1"

    def create_run(self, experiment, run_name):
        assert experiment == "1"
        self.runs[run_name] = {"params": {}, "metrics": [], "tags": {}}
        return SimpleNamespace(info=SimpleNamespace(run_id=run_name))

    def log_batch(self, run, metrics=(), params=()):
        assert len(metrics) <= 1000
        assert len(params) <= 100
        self.runs[run]["params"] |= {p.key: p.value for p in params}
        self.runs[run]["metrics"] += [(m.key, m.value, m.step) for m in metrics]

    def set_tag(self, run, key, value):
        self.runs[run]["tags"][key] = value

    def set_terminated(self, run):
        assert run in self.runs


@pytest.fixture
def server(monkeypatch):
    client = Server()
    mlflow, entities = ModuleType("mlflow"), ModuleType("mlflow.entities")
    exceptions = ModuleType("mlflow.exceptions")
    mlflow.MlflowClient = lambda tracking_uri: client
    entities.Param = lambda key, value: SimpleNamespace(key=key, value=value)
    entities.Metric = lambda key, value, timestamp, step: SimpleNamespace(
        key=key, value=value, step=step
    )
    exceptions.MlflowException = type("MlflowException", (Exception,), {})
    for name, module in [
        ("mlflow", mlflow),
        ("mlflow.entities", entities),
        ("mlflow.exceptions", exceptions),
    ]:
        monkeypatch.setitem(sys.modules, name, module)
    _unreachable.clear()
    return client


@pytest.fixture
def run(workspace, made):
    folder = made("run", "w7", settings={"dim": 512, "frame_sizes": [16, 4]})
    with Scalars(workspace.journal, "w7", workspace.events("w7")) as scalars:
        for step in range(1500):
            scalars.add(step, {"bits": 8.0})
    return folder


def test_settings_curves_and_stages_arrive(workspace, run, server):
    assert mirror(workspace.journal, SERVER) == 1
    arrived = server.runs["run/w7"]
    assert arrived["params"] == {"dim": "512", "frame_sizes": "[16, 4]"}
    assert ("stage/work/samples_per_s", 16_000.0, 0) in arrived["metrics"]
    assert len([m for m in arrived["metrics"] if m[0] == "bits"]) == 1500


def test_mirroring_again_sends_only_what_is_new(workspace, run, server):
    mirror(workspace.journal, SERVER)
    assert mirror(workspace.journal, SERVER) == 0
    with Scalars(workspace.journal, "w7", workspace.events("w7")) as scalars:
        scalars.add(1500, {"bits": 1.0})
    assert mirror(workspace.journal, SERVER) == 1
    assert [m[2] for m in server.runs["run/w7"]["metrics"] if m[0] == "bits"] == list(range(1501))


def test_notes_and_lineage_arrive_as_tags(workspace, made, run, server):
    made("clips", "c1", run)
    add_note(workspace.journal, "w7", "hypothesis", "noise helps")
    mirror(workspace.journal, SERVER)
    assert "noise helps" in server.runs["run/w7"]["tags"]["mlflow.note.content"]
    assert '"w7"' in server.runs["clips/c1"]["tags"]["thresher.parents"]


def test_records_are_mirrored_as_they_are_made_when_asked(workspace, made, server, monkeypatch):
    monkeypatch.setenv("THRESHER_MLFLOW", SERVER)
    made("run", "w7")
    assert "run/w7" in server.runs


def test_nothing_is_mirrored_unasked(workspace, made, server):
    made("run", "w7")
    assert server.runs == {}


def test_a_server_that_is_down_stops_nothing_and_is_mentioned_once(
    workspace, made, server, monkeypatch, capsys
):
    monkeypatch.setenv("THRESHER_MLFLOW", SERVER)
    server.down = True
    made("run", "w7")
    made("run", "w8")
    assert len(entries(workspace.journal)) == 2
    assert capsys.readouterr().err.count("did not take") == 1


def test_a_missing_package_is_one_clear_error_before_the_work(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setenv("THRESHER_MLFLOW", SERVER)
    with pytest.raises(ThresherError, match="not installed") as caught:
        Scalars(workspace.journal, "w7", workspace.events("w7"))
    assert caught.value.hint == "pip install 'thresher[mlflow]'"


def test_a_real_mlflow_store_takes_a_run(workspace, run, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="the mlflow extra is not installed")
    uri = (tmp_path / "mlruns").as_uri()
    mirror(workspace.journal, uri)
    record(workspace.journal, run)
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("thresher")
    (arrived,) = client.search_runs([experiment.experiment_id])
    assert arrived.data.metrics["bits"] == 8.0
    assert arrived.data.params["dim"] == "512"
