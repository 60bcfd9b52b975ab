"""thresher map: prints the page's path, and what is missing."""

import numpy as np
from click.testing import CliRunner

from thresher.audio.files import write_flac
from thresher.cli.main import thresher


def draw(tmp_path, *words):
    return CliRunner().invoke(
        thresher, ["--workspace", str(tmp_path / "w"), "map", *words], standalone_mode=False
    )


def test_a_folder_becomes_a_page_and_its_path_is_printed(tmp_path):
    t = np.arange(6 * 8_000) / 8_000
    sound = 0.2 * np.sin(2 * np.pi * 220 * t) * np.exp(-4 * (t % 0.5))
    write_flac(tmp_path / "Old Tapes" / "one.flac", sound.astype(np.float32), 8_000)
    result = draw(tmp_path, str(tmp_path / "Old Tapes"), "--set", "nearest=1")

    assert result.exit_code == 0, result.exception
    page = tmp_path / "w" / "maps" / "old-tapes" / "map.html"
    assert result.stdout.strip() == str(page)
    assert page.exists()
    assert "3 stretches in" in result.stderr


def test_no_clips_at_all_say_what_to_give(tmp_path):
    assert "no clips given" in str(draw(tmp_path).exception)
