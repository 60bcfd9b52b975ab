"""What the tests of claims stand on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
