"""Thresher: from a folder of recordings to a released album."""

from importlib.metadata import version

__version__ = version("thresher")
