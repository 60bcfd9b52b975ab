"""Draw the pictures of docs/synths.md (`python docs/draw_synths.py`): a scale on each."""

import tempfile
from pathlib import Path

from click.testing import CliRunner
from PIL import Image

from thresher.cli.main import thresher
from thresher.synths.config import SOUNDS

PICTURES = Path(__file__).parent / "pictures"
SIZE = (1_050, 448)


def main() -> None:
    """Play, draw, and shrink to what a page needs."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SOUNDS:
            out = Path(folder, f"{name}.wav")
            CliRunner().invoke(thresher, ["synth", name, "--out", str(out)], catch_exceptions=False)
            with Image.open(out.with_suffix(".png")) as drawn:
                small = drawn.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
            path = PICTURES / f"synth-{name}.png"
            small.quantize(64).save(path, optimize=True)
            print(path)


if __name__ == "__main__":
    main()
