"""Units on a Ray cluster: every node does some, and what a lost node had is done again."""

from collections.abc import Iterator

from thresher.claims.units import Found, Unit
from thresher.errors import ThresherError
from thresher.workspace import Workspace


def measured_on_ray(
    address: str, workspace: Workspace, units: list[Unit]
) -> Iterator[tuple[Unit, Found | ThresherError]]:
    """Measure units on a cluster, in the order in which they come back.

    A node keeps its runs under the same workspace path as we do. Where the disk is shared,
    a unit that its node did not live to finish goes on from the last checkpoint; where it
    is not, it begins anew and gives the same numbers. Only results travel back.

    Raises:
        ThresherError: Ray is not installed, or nothing answers at the address.
    """
    try:
        import ray
    except ImportError:
        raise ThresherError(
            "Ray is not installed", hint="pip install 'thresher[ray]', or leave --ray out"
        ) from None
    from thresher.claims.running import measure_quietly

    began = not ray.is_initialized()
    try:
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ThresherError(
            f"no Ray cluster answers: {error}", looked_at=address, hint="ray start --head"
        ) from None
    # Retried without end: a node that dies says nothing about the unit that it had.
    measure = ray.remote(num_cpus=1, max_retries=-1)(measure_quietly)
    try:
        waiting = {measure.remote(workspace, unit): unit for unit in units}
        while waiting:
            ready, _ = ray.wait(list(waiting))
            for reference in ready:
                yield waiting.pop(reference), ray.get(reference)
    finally:
        if began:
            ray.shutdown()
