"""thresher art: prints the picture's path, and says what it could not set."""

import numpy as np
import pytest
from click.testing import CliRunner

from thresher.art import design, fields, sheet
from thresher.audio.files import write_flac
from thresher.cli.main import thresher

SMALL = ("--set", "size=64", "--set", "copies=[32]", "--set", "composition=seal")


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    monkeypatch.setattr(design, "FINEST", 64)
    monkeypatch.setattr(fields, "LATTICE", 160)
    monkeypatch.setattr(fields, "ROWS", 8)
    monkeypatch.setattr(sheet, "CELL", 64)


@pytest.fixture
def recording(tmp_path):
    noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    write_flac(tmp_path / "noise.flac", noise.astype(np.float32), 8000)
    return str(tmp_path / "noise.flac")


def art(tmp_path, *words):
    return CliRunner().invoke(
        thresher, ["--workspace", str(tmp_path / "work"), "art", *words], catch_exceptions=False
    )


def test_it_prints_the_path_of_the_picture(tmp_path, recording):
    done = art(tmp_path, recording, "--artist", "A", "--title", "日 B", "--name", "b", *SMALL)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(tmp_path / "work" / "covers" / "b" / "cover.png")
    assert "日" in done.stderr


def test_a_sheet_is_asked_for_by_its_count(tmp_path, recording):
    done = art(
        tmp_path, recording, "--artist", "A", "--title", "B", "--sheet", "2", "--name", "x", *SMALL
    )
    assert done.stdout.strip().endswith("covers/x-sheet/sheet.png")


def test_help_names_every_option(tmp_path):
    shown = art(tmp_path, "--help").stdout
    for option in ("--artist", "--title", "--seed", "--name", "--among", "--sheet", "--set"):
        assert option in shown
