"""What every test stands on."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from thresher.workspace import Workspace

# Set before torch or Numba load: networks in tests are so small that a second thread would
# only wait, and on a busy machine wait long.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# Nothing a test records may leave the machine, whoever runs it.
os.environ.pop("THRESHER_MLFLOW", None)
os.environ.pop("THRESHER_WORKSPACE", None)

# A busy machine makes an example slow without making it wrong.
settings.register_profile("thresher", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("thresher")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path / "workspace")
