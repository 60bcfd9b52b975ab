"""thresher.cli.release: the last line on stdout is the page."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from thresher.cli.main import thresher

_PATH = Path(__file__).parents[1] / "release" / "release_workspace.py"
_SPEC = importlib.util.spec_from_file_location("release_workspace", _PATH)
release_workspace = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(release_workspace)


def call(*arguments, root):
    given = ["--workspace", str(root), "release", *arguments]
    return CliRunner().invoke(thresher, given, catch_exceptions=True)


def test_the_last_line_on_stdout_is_the_page(tmp_path):
    release_workspace.make_workspace(tmp_path, songs=("dawn",))
    result = call(
        *("dawn", "--cover", "cover", "--artist", '"><b>', "--title", "Grain", "--name", "g"),
        *("--track-title", "dawn=A=B", "--set", "cover_pixels=200"),
        *("--base-url", "https://example.org/g"),
        root=tmp_path,
    )

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(tmp_path / "releases" / "g" / "index.html")
    page = (tmp_path / "releases" / "g" / "index.html").read_text("utf-8")
    assert "A=B" in page
    assert "https://example.org/g/assets/cover-1400.jpg" in page


def test_a_track_title_without_a_song_is_refused_with_an_example(tmp_path):
    result = call(
        *("dawn", "--cover", "c", "--artist", "A", "--title", "T", "--track-title", "Dawn"),
        root=tmp_path,
    )

    assert "--track-title wants SONG=TITLE, got 'Dawn'" in str(result.exception)


def test_help_loads_neither_torch_nor_numba():
    code = (
        "import sys; from thresher.cli.main import thresher\n"
        "try: thresher.main(['release', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'torch', 'numba', 'jinja2'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}
    )

    assert done.returncode == 0, done.stderr
    assert "--track-title" in done.stdout
