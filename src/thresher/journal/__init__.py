"""The journal: what was made, from what, with which settings, how fast, and what came of it."""

from thresher.journal.ledger import Entry, entries, find, record
from thresher.journal.machine import machine, revision
from thresher.journal.manifest import Stage, Stages, new_manifest, parent_of
from thresher.journal.scalars import Scalars, curves

__all__ = [
    "Entry",
    "Scalars",
    "Stage",
    "Stages",
    "curves",
    "entries",
    "find",
    "machine",
    "new_manifest",
    "parent_of",
    "record",
    "revision",
]
