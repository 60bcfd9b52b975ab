"""thresher.claims.ray_cluster: a cluster gives what one process gives, also when a node dies."""

import threading
import time

import pytest
from tiny_claims import tiny_claim

from thresher.claims.running import results_of, run_claims
from thresher.claims.units import units_of
from thresher.errors import ThresherError
from thresher.workspace import Workspace


def numbers(workspace, claim):
    return {key: found["numbers"] for key, found in results_of(workspace, claim).items()}


def test_without_a_cluster_there_is_one_clear_error(workspace, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ThresherError, match="Ray is not installed") as told:
        run_claims(workspace, [tiny_claim(tmp_path)], ray="auto")
    assert "thresher[ray]" in told.value.hint


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_node_killed_half_way_changes_no_number(tmp_path, monkeypatch):
    # Workers step back behind everything else by default, which takes hours on a busy machine.
    monkeypatch.setenv("RAY_worker_niceness", "0")
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    claim = tiny_claim(tmp_path, steps=20)
    alone, shared = Workspace(tmp_path / "alone"), Workspace(tmp_path / "shared")
    run_claims(alone, [claim])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    doomed, _ = (cluster.add_node(num_cpus=1) for _ in range(2))
    killed = threading.Event()

    def kill():
        # One unit is done by then, and each node is at work on another.
        while not list((shared.root / "measurements").glob("[!.]*")):
            time.sleep(0.05)
        cluster.remove_node(doomed, allow_graceful=False)
        killed.set()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        (verdict,) = run_claims(shared, [claim], ray=cluster.address)
    finally:
        killer.join(timeout=60)
        cluster.shutdown()
    assert killed.is_set()
    assert verdict.seeds == 3
    assert len(units_of([claim])) == 6
    assert numbers(shared, claim) == numbers(alone, claim)
