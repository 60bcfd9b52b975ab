"""thresher.models.samplernn.steering: curves at the pace of the slowest tier."""

import numpy as np

from thresher.models.samplernn.steering import frame_centres, rows_at


def test_a_ramp_stays_a_ramp_between_the_middles_of_its_rows():
    rows = np.arange(8, dtype=np.float32)[:, None]
    places = frame_centres(0, 800, 10)
    inner = (places > 50) & (places < 750)
    assert np.allclose(rows_at(rows, 100, places)[inner, 0], places[inner] / 100 - 0.5)


def test_a_curve_holds_its_ends():
    rows = np.array([[2.0], [5.0]])
    assert rows_at(rows, 10, np.array([-100.0, 100.0]))[:, 0].tolist() == [2.0, 5.0]
