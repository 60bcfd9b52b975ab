"""Every knob of a cover, with its reason."""

from dataclasses import dataclass
from typing import Literal

from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class ArtConfig:
    """How a cover is drawn. Nothing here changes what the music decides, except ``music``."""

    size: int = setting(
        3000,
        unit="pixels",
        why="What shops ask for a cover; it prints 25 cm wide at 300 dpi.",
        source="Apple Music, cover art essentials (itunespartner.apple.com): 3000 x 3000 pixels",
    )
    copies: tuple[int, ...] = setting(
        (1400, 512),
        unit="pixels",
        why="The smallest size shops accept, and one for players and web pages.",
        source="Apple Podcasts artwork: 1400 pixels at least; docs/art.md, Lettering, for "
        "small ones",
    )
    composition: Literal[
        "auto", "eclipse", "strata", "stones", "tide", "sigil", "wound", "static", "seal"
    ] = setting(
        "auto",
        unit="",
        why="The song's numbers choose one of eight; naming one overrules them.",
        source="docs/art.md, table of compositions and the sheet of twenty covers",
    )
    scheme: Literal["auto", "night", "dusk", "paper", "poster"] = setting(
        "auto",
        unit="",
        why="Which five colours: bone on black, two colours, black on bone, black on colour.",
        source="docs/art.md, Schemes and the sheet of twenty covers",
    )
    chance: float = setting(
        0.45,
        unit="",
        why="How far the seed may overrule the music in choosing composition and scheme: at 0 "
        "every seed gives the same kind of picture, at 1 the music hardly matters.",
        source="docs/measured.md, 'Chance'",
    )
    music: float = setting(
        1.0,
        unit="",
        why="Scales the song's deviations; 0 is the ablation in which all songs are average.",
        source="docs/art.md, From music to picture; tests/art/test_design.py",
    )
    layers: int = setting(
        6,
        unit="layers",
        why="Depth is what turns smooth inputs into folds and veins.",
        source="docs/measured.md, 'Pattern network'",
    )
    width: int = setting(
        32,
        unit="units",
        why="Enough of each of the four activations in every layer.",
        source="hardmaru/cppn-tensorflow, model.py (net_size = 32); docs/measured.md, "
        "'Pattern network'",
    )
    sigma_calm: float = setting(
        1.0,
        unit="",
        why="Weight deviation for a song of very few onsets: broad, quiet forms.",
        source="docs/measured.md, 'Pattern network': half the detail of 1.5",
    )
    sigma_busy: float = setting(
        2.2,
        unit="",
        why="Weight deviation for a song of very many onsets: chaotic, fine forms.",
        source="docs/measured.md, 'Pattern network': two and a half times the detail of 1.5",
    )
    grain: float = setting(
        0.013,
        unit="OKLab lightness",
        why="Film grain: hides banding in dark gradients and ties all inks together.",
        source="docs/measured.md, 'Grain'",
    )
    misregistration: float = setting(
        0.0016,
        unit="picture widths",
        why="The accent plate lies this far off, as on a hand-fed press.",
        source="taste",
    )
    screen_pitch: float = setting(
        0.0065,
        unit="picture widths",
        why="Halftone of the accent plate on paper and poster: seen at 3000 px, gone at 100.",
        source="taste",
    )
    lettering: bool = setting(
        True,
        unit="",
        why="False leaves artist and title off, for those who set their own.",
        source="docs/art.md, Lettering: 50 random covers keep contrast and margin",
    )
    face: Literal["auto", "cinzel", "oswald"] = setting(
        "auto",
        unit="",
        why="Cinzel (inscriptions) or Oswald (posters); the composition chooses.",
        source="docs/art.md, Lettering: the face of each composition",
    )
    font: str = setting(
        "",
        unit="path",
        why="A font file of your own, tried first; needed for scripts that DejaVu lacks.",
        source="docs/art.md, Lettering: which letters the shipped faces lack",
    )
    safe_margin: float = setting(
        0.06,
        unit="picture widths",
        why="Players round corners and printers trim; lettering stays inside.",
        source="geometry: a corner rounded at 0.2 of the width takes 0.2 (1 - 1/sqrt 2) = 0.059",
    )
    contrast: float = setting(
        4.5,
        unit="ratio",
        why="Lettering against the brightest or darkest spot behind it.",
        source="WCAG 2.2, success criterion 1.4.3",
    )
    longest_s: float = setting(
        1800.0,
        unit="s",
        why="A longer recording is heard from its beginning up to here: bounds memory.",
        source="arithmetic: 22,050 Hz x 4 bytes x 1,800 s = 159 MB held at once",
    )
    tile_points: int = setting(
        2**17,
        unit="pixels",
        why="Painted at once by one thread; its thirty scratch arrays take about 16 MB.",
        source="measured at 3000 px on two busy cores: 2^17 3.1 s, 2^18 3.6 s, 2^20 5.3 s",
    )
    threads: int = setting(
        0,
        unit="threads",
        why="0 uses every core this process may use, up to eight.",
        source="docs/art.md, Time and memory",
    )
