"""Two tiny families and the terms on which they meet."""

import dataclasses

import tiny_family

from thresher.bakeoff import BakeoffConfig

FAMILIES = (tiny_family.TINY, dataclasses.replace(tiny_family.TINY, name="tiny-other"))
CONFIG = BakeoffConfig(budget_seconds=1.0, clips=3, seconds=2.0)
SETTINGS = {"steps": 10, "validate_every": 5, "validation_batches": 2, "preview_clips": 0}
