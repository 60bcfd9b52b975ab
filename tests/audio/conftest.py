"""Puts `made_clips`, curation's, where tests can import it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "curation"))
