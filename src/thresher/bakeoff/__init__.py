"""The same corpus and the same budget for every family, measured and heard blind."""

from thresher.bakeoff.config import BakeoffConfig
from thresher.bakeoff.entry import bake_off

__all__ = ["BakeoffConfig", "bake_off"]
