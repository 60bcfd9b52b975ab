"""thresher.curation: what is held in memory grows by vectors, never by sound."""

import tracemalloc

import made_clips as made

from thresher.curation import CurationConfig, curate
from thresher.curation.describe import describe_samples


def test_ten_hours_are_remembered_in_less_than_40_megabytes():
    found = describe_samples(made.tune(20.0), made.RATE, CurationConfig())

    arrays = [found.level_db, found.rows, *(a for words in found.words for a in words)]
    assert sum(array.nbytes for array in arrays) / 20 * 36_000 < 40e6


def test_four_times_the_clips_need_hardly_more_memory(workspace, tmp_path, monkeypatch):
    seconds = 2.5
    # At full size the picture looks at half an hour of song at a time: 115 MB at 16 kHz.
    monkeypatch.setattr("thresher.curation.picture._STRETCH_SECONDS", 5)

    def peak(count):
        folder = tmp_path / str(count)
        made.write_clips(
            folder, {f"{k:03d}": made.tune(seconds, seed=k, style=k % 6) for k in range(count)}
        )
        made.tune.cache_clear()
        tracemalloc.start(1)
        curate(workspace, f"song-{count}", [str(folder)], CurationConfig())
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    peak(2)  # imports and tables
    few, many = peak(5), peak(20)
    sound_bytes = 15 * seconds * made.RATE * 4
    assert many - few < 0.5 * sound_bytes
