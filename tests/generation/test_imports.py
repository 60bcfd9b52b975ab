"""thresher.generation: a player starts without what only builders and painters need."""

import subprocess
import sys

PLAYING = """
import sys
import thresher.generation.streaming
import thresher.models

heavy = {"matplotlib", "scipy.fft", "scipy.signal", "scipy.ndimage", "PIL"} & set(sys.modules)
assert not heavy, heavy
"""


def test_playing_a_model_loads_neither_drawing_nor_filters():
    done = subprocess.run(
        [sys.executable, "-c", PLAYING], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
