"""`thresher doctor`: a table, a page and JSON of the same findings."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from thresher.cli.main import thresher
from thresher.errors import ThresherError

RATE = 16_000


def write(path, sound):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE)
    return path


def noise(seconds=4.0, seed=0):
    return np.random.default_rng(seed).normal(size=(round(seconds * RATE), 2)) * 0.1


def run(workspace, *arguments):
    command = ["--workspace", str(workspace.root), "doctor", *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


def test_nothing_found_is_said_plainly_and_the_page_is_the_last_line(workspace, tmp_path):
    write(tmp_path / "band/good.wav", noise())

    done = run(workspace, tmp_path / "band")

    assert done.exit_code == 0
    assert "1 recording, 0.1 minutes: nothing found" in done.stdout
    assert done.stdout.splitlines()[-1] == str(workspace.doctor_page("band"))
    assert "Nothing found" in workspace.doctor_page("band").read_text("utf-8")


def test_findings_are_told_by_severity_and_shown_on_the_page(workspace, tmp_path):
    write(tmp_path / "band/offset.wav", noise() + 0.1)
    write(tmp_path / "band/mono.wav", noise(seed=1)[:, [0, 0]])

    done = run(workspace, tmp_path / "band", "--page", tmp_path / "found.html")

    assert done.exit_code == 0
    assert done.stdout.index("DC offset") < done.stdout.index("mono in stereo")
    assert "1 to fix, 0 to check, 1 to know" in done.stdout
    page = (tmp_path / "found.html").read_text("utf-8")
    assert page.count("data:image/svg+xml") == 2
    assert "high-pass it" in page


def test_json_holds_every_value(workspace, tmp_path):
    write(tmp_path / "band/offset.wav", noise() + 0.1)

    told = json.loads(run(workspace, tmp_path / "band", "--json").stdout)

    assert told["unreadable"] == []
    assert [(f["fault"], f["severity"]) for f in told["findings"]] == [("DC offset", "fix")]
    assert told["findings"][0]["file"].endswith("offset.wav")


def test_a_file_that_cannot_be_read_makes_the_exit_status_1(workspace, tmp_path):
    write(tmp_path / "band/good.wav", noise())
    (tmp_path / "band/bad.wav").write_text("no sound")

    done = run(workspace, tmp_path / "band")

    assert done.exit_code == 1
    assert "broken file" in done.stdout


def test_a_threshold_may_be_set(workspace, tmp_path):
    write(tmp_path / "band/offset.wav", noise() + 0.1)

    offset = ["--set", "offset=0.5", "--set", "offset_of_rms=5"]
    assert "nothing found" in run(workspace, tmp_path / "band", *offset).stdout
    with pytest.raises(ThresherError, match="unknown setting"):
        run(workspace, tmp_path / "band", "--set", "ofset=1")


def test_hostile_names_are_shown_and_never_run(workspace, tmp_path):
    write(tmp_path / "band/<img src=x onerror=alert(1)>[red].wav", noise() + 0.1)

    done = run(workspace, tmp_path / "band", "--page", tmp_path / "found.html")

    class Tags(HTMLParser):
        handlers = []

        def handle_starttag(self, tag, attrs):
            self.handlers += [name for name, _ in attrs if name.startswith("on")]

    parser = Tags()
    parser.feed((tmp_path / "found.html").read_text("utf-8"))
    assert parser.handlers == []
    assert "[red]" in "".join(done.stdout.split())


def test_help_loads_neither_torch_nor_numba():
    code = (
        "import sys; from thresher.cli.main import thresher;"
        "thresher.main(['doctor', '--help'], standalone_mode=False);"
        "thresher.main(['plan', '--help'], standalone_mode=False);"
        "assert not {'torch', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
