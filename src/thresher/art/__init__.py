"""The art room: songs become a cover, drawn from the music itself."""

from thresher.art.config import ArtConfig
from thresher.art.cover import Cover, draw_cover
from thresher.art.sheet import Sheet, draw_sheet

__all__ = ["ArtConfig", "Cover", "Sheet", "draw_cover", "draw_sheet"]
