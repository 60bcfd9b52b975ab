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
        source="shared specification 'Album art', section Output",
    )
    copies: tuple[int, ...] = setting(
        (1400, 512),
        unit="pixels",
        why="The smallest size shops accept, and one for players and web pages.",
        source="shared specification 'Album art', section Output",
    )
    composition: Literal[
        "auto", "eclipse", "strata", "stones", "tide", "sigil", "wound", "static", "seal"
    ] = setting(
        "auto",
        unit="",
        why="The song's numbers choose one of eight; naming one overrules them.",
        source="taste",
    )
    scheme: Literal["auto", "night", "dusk", "paper", "poster"] = setting(
        "auto",
        unit="",
        why="Which five colours: bone on black, two colours, black on bone, black on colour.",
        source="taste",
    )
    chance: float = setting(
        0.45,
        unit="",
        why="How far the seed may overrule the music in choosing composition and scheme: at 0 "
        "every seed gives the same kind of picture, at 1 the music hardly matters.",
        source="taste, on sheets of the eight songs of the development corpus",
    )
    music: float = setting(
        1.0,
        unit="",
        why="Scales the song's deviations; 0 is the ablation in which all songs are average.",
        source="shared specification 'Album art', section CPPN",
    )
    layers: int = setting(
        6,
        unit="layers",
        why="Depth is what turns smooth inputs into folds and veins.",
        source="shared specification 'Album art', section CPPN",
    )
    width: int = setting(
        32,
        unit="units",
        why="Enough of each of the four activations in every layer.",
        source="shared specification 'Album art', section CPPN",
    )
    sigma_calm: float = setting(
        1.0,
        unit="",
        why="Weight deviation for a song of very few onsets: broad, quiet forms.",
        source="shared specification 'Album art', feature table",
    )
    sigma_busy: float = setting(
        2.2,
        unit="",
        why="Weight deviation for a song of very many onsets: chaotic, fine forms.",
        source="shared specification 'Album art', feature table",
    )
    grain: float = setting(
        0.013,
        unit="OKLab lightness",
        why="Film grain: hides banding in dark gradients and ties all inks together.",
        source="taste",
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
        source="taste",
    )
    face: Literal["auto", "cinzel", "oswald"] = setting(
        "auto",
        unit="",
        why="Cinzel (inscriptions) or Oswald (posters); the composition chooses.",
        source="taste",
    )
    font: str = setting(
        "",
        unit="path",
        why="A font file of your own, tried first; needed for scripts that DejaVu lacks.",
        source="taste",
    )
    safe_margin: float = setting(
        0.06,
        unit="picture widths",
        why="Players round corners and printers trim; lettering stays inside.",
        source="shared specification 'Album art', section Output",
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
        source="taste",
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
        source="taste",
    )
