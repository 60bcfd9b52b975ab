"""Draw docs/pictures/covers.jpg: each song's own cover, then its seeds 1 to 4.

    python docs/pictures/covers.py ARTIST SONG…

The picture in the documentation: Sectoid's four songs (MIT), the development corpus.
"""

import sys
from pathlib import Path

from PIL import Image

from thresher.art.character import character
from thresher.art.config import ArtConfig
from thresher.art.design import design
from thresher.art.listening import listen

CELL, GAP, SEEDS = 300, 10, 5


def main(artist: str, songs: list[str]) -> None:
    """One row a song."""
    step = CELL + GAP
    page = Image.new("RGB", (SEEDS * step + GAP, len(songs) * step + GAP), "#0c0c0c")
    for row, path in enumerate(map(Path, songs)):
        song = listen(path)
        for seed in range(SEEDS):
            plan = design(
                song,
                character(song),
                seed=seed or int(song.fingerprint[:8], 16),
                artist=artist,
                title=path.stem.replace("_", " "),
                config=ArtConfig(),
            )
            page.paste(Image.fromarray(plan.render(CELL)), (GAP + seed * step, GAP + row * step))
    page.save(Path(__file__).with_name("covers.jpg"), quality=82, optimize=True, progressive=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
