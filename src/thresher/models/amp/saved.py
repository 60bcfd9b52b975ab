"""The amplifier in a checkpoint."""

from thresher.errors import ThresherError
from thresher.models.amp.network import AmpNetwork
from thresher.models.checkpoint import Checkpoint


def amplifier_of(checkpoint: Checkpoint, run: str) -> AmpNetwork:
    """Its network; ``run`` is what people call it.

    Raises:
        ThresherError: it is of another family.
    """
    network = checkpoint.networks().get("network")
    if not isinstance(network, AmpNetwork):
        raise ThresherError(
            f"run '{run}' is a {checkpoint.family}, not an amplifier",
            looked_at=checkpoint.folder,
            hint="thresher train amp CORPUS, or thresher import FILE.nam NAME",
        )
    return network
