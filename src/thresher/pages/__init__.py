"""Pages that people read: one file each, that needs no network and no neighbour."""

from thresher.pages.page import Section, write_page
from thresher.pages.pieces import badge, drawing, new_figure, picture, prose, sound, table

__all__ = [
    "Section",
    "badge",
    "drawing",
    "new_figure",
    "picture",
    "prose",
    "sound",
    "table",
    "write_page",
]
