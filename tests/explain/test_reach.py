"""thresher.explain.reach: how far back a plan of rows reaches."""

import pytest

from thresher.explain.reach import reach
from thresher.models import family_named
from thresher.models.anatomy import Reads, Row

SAMPLES = Row("samples", 1, ())


def test_a_row_that_reads_itself_has_no_limit():
    tier = Row("tier", 4, (Reads(0, 1, 1, 4), Reads(1, 4)))
    assert reach([SAMPLES, tier, Row("output", 1, (Reads(1, 0),))]) is None


def test_a_memory_that_nothing_reads_does_not_count():
    tier = Row("tier", 4, (Reads(0, 1, 1, 4), Reads(1, 4)))
    assert reach([SAMPLES, tier, Row("output", 1, (Reads(0, 1, 1, 3),))]) == 3


def test_a_slow_row_holds_until_its_next_node():
    frame = Row("frame", 8, (Reads(0, 1, 1, 8),))
    # The newest prediction under a node comes 7 samples after it, and the frame lies before.
    assert reach([SAMPLES, frame, Row("output", 1, (Reads(1, 0),))]) == 8 + 7


@pytest.mark.parametrize("preset", ["", "ibab", "paper-music", "small"])
def test_the_plan_of_a_wavenet_reaches_its_receptive_field(preset):
    family = family_named("wavenet")
    config = family.config(**family.presets.get(preset, {}))
    assert reach(family.anatomy.shape(config).rows) == config.receptive_field
