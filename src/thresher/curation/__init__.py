"""Clips to song: gates with reasons, phrases, choice, order, joins, and the list that says so."""

from thresher.curation.accounts import Account
from thresher.curation.clip_map import ClipMap, draw_map
from thresher.curation.config import CurationConfig, MapConfig
from thresher.curation.edits import Edit, EditList, read_edits, sources_at
from thresher.curation.gates import Report, gate_report
from thresher.curation.pipeline import curate, curate_like_the_seed
from thresher.curation.render import rebuild_song
from thresher.curation.song import Song
from thresher.curation.sources import find_sources

__all__ = [
    "Account",
    "ClipMap",
    "CurationConfig",
    "Edit",
    "EditList",
    "MapConfig",
    "Report",
    "Song",
    "curate",
    "curate_like_the_seed",
    "draw_map",
    "find_sources",
    "gate_report",
    "read_edits",
    "rebuild_song",
    "sources_at",
]
