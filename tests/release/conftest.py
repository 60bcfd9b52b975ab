"""Puts the room's test helpers where tests can import them, and publishes one release."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from release_workspace import make_workspace


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """One ordinary release and the workspace it stands in; read only."""
    from thresher.release import publish

    workspace = make_workspace(tmp_path_factory.mktemp("workspace"))
    release = publish(
        workspace,
        ["dawn", "dusk"],
        cover="cover",
        artist="Under the Combine",
        title="Grain & Chaff",
        track_titles={"dusk": "Dusk, Burning"},
    )
    return workspace, release
