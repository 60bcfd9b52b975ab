"""thresher.curation.clip_map: a page of sounds, a table of everything, gates before both."""

import base64
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from thresher.audio.files import write_flac
from thresher.curation import MapConfig, draw_map
from thresher.errors import ThresherError
from thresher.journal import find
from thresher.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "release"))
from release_browser import CHROMIUM, chromium

RATE = 16_000


def plucked(hz, seconds=8.0, seed=0):
    """A string struck four times a second."""
    t = np.arange(int(seconds * RATE)) / RATE
    ring = np.exp(-6 * (t % 0.25))
    tone = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6))
    hiss = 0.01 * np.random.default_rng(seed).standard_normal(len(t))
    return (0.2 * ring * tone + hiss).astype(np.float32)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("map")
    for number in range(6):
        hz = 110 if number < 3 else 660
        write_flac(root / "clips" / f"clip-{number}.flac", plucked(hz, seed=number), RATE)
    write_flac(root / "clips" / "silent.flac", np.zeros(4 * RATE, np.float32), RATE)
    workspace = Workspace(root / "workspace")
    return workspace, draw_map(workspace, "tour", [str(root / "clips")], MapConfig())


def table_of(found):
    return json.loads((found.folder / "map.json").read_text())


def test_every_stretch_of_every_passing_clip_lies_on_the_map(drawn):
    _, found = drawn
    table = table_of(found)

    assert found.stretches == len(table["stretches"]) == 6 * 4
    assert found.left_out == 1
    assert {s["seconds"] for s in table["stretches"]} == {2.0}
    assert not any("silent" in s["clip"] for s in table["stretches"])


def test_no_cell_holds_low_and_high_strings_together(drawn):
    _, found = drawn
    high = {}
    for stretch in table_of(found)["stretches"]:
        number = int(stretch["clip"][-6])
        high.setdefault(stretch["cell"], set()).add(number >= 3)

    assert len(high) > 1
    assert all(len(kinds) == 1 for kinds in high.values())


def test_the_page_holds_its_sounds_and_asks_for_no_other_file(drawn, tmp_path):
    _, found = drawn
    text = found.page.read_text()
    sounds = re.findall(r'"data:audio/mpeg;base64,([^"]+)"', text)
    (tmp_path / "one.mp3").write_bytes(base64.b64decode(sounds[0]))
    sound, rate = soundfile.read(tmp_path / "one.mp3")

    assert rate == RATE
    assert len(sound) == pytest.approx(2 * RATE, abs=0.2 * RATE)
    assert np.abs(sound).max() > 0.1
    assert not re.search(r"https?://|src=\"(?!data:)", text)


TOUCHED = """(() => {
  document.querySelector("[data-cell]").click();
  const playing = document.getElementById("now").textContent;
  document.getElementById("keep").click();
  return [playing, document.getElementById("now").textContent];
})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_cell_that_is_touched_plays_what_lies_there(drawn, tmp_path):
    _, found = drawn
    with chromium(tmp_path / "profile") as tab:
        for width in (390, 1280):
            tab.open(found.page.as_uri(), width=width, height=800)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            playing, kept = tab.evaluate(TOUCHED)
            assert re.match(r"Playing clips/clip-\d.flac at 0:0", playing)
            assert kept.startswith("1 kept, the last one clips/clip-")
        assert not tab.complaints()
        assert all(url.startswith(("file:", "data:", "about:")) for url in tab.requests())


def test_a_map_is_in_the_journal(drawn):
    workspace, _ = drawn

    assert find(workspace.journal, "map/tour").kind == "map"


def test_nothing_but_silence_is_refused(tmp_path):
    write_flac(tmp_path / "clips" / "silent.flac", np.zeros(4 * RATE, np.float32), RATE)
    with pytest.raises(ThresherError, match="none of 1 clips"):
        draw_map(Workspace(tmp_path / "w"), "m", [str(tmp_path / "clips")], MapConfig())
    assert not (tmp_path / "w" / "maps" / "m").exists()


@pytest.mark.parametrize(
    "values", [{"most_cells": 0}, {"perplexity": 0.0}, {"chunk_seconds": 0.1}, {"nearest": 0}]
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        MapConfig(**values)
