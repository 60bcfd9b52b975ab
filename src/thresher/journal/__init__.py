"""The journal: what was made, from what, with which settings, how fast, and what came of it."""

from thresher.journal.ledger import Entry, entries, find
from thresher.journal.lineage import Ancestor, Curve, differences, lineage, summary
from thresher.journal.machine import machine, revision
from thresher.journal.manifest import Stage, Stages, new_manifest, parent_of
from thresher.journal.mirror import mirror
from thresher.journal.notes import Note, add_note, notes
from thresher.journal.rebuild import Rebuilt, rebuild
from thresher.journal.recording import record
from thresher.journal.scalars import Scalars, curves

__all__ = [
    "Ancestor",
    "Curve",
    "Entry",
    "Note",
    "Rebuilt",
    "Scalars",
    "Stage",
    "Stages",
    "add_note",
    "curves",
    "differences",
    "entries",
    "find",
    "lineage",
    "machine",
    "mirror",
    "new_manifest",
    "notes",
    "parent_of",
    "rebuild",
    "record",
    "revision",
    "summary",
]
