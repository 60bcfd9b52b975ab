"""Puts `planted` and `made_music` where tests can import them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
