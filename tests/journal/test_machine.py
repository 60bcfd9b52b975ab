"""thresher.journal.machine: where the work was done, and with which code."""

import re
import subprocess
import sys

from thresher.journal import machine, revision


def test_the_machine_is_described():
    found = machine()
    assert found["processor"]
    assert found["cores"] >= 1
    assert found["memory_gb"] > 0
    assert re.match(r"\d+\.\d+", found["torch"])


def test_nothing_in_it_names_the_owner():
    import platform

    assert platform.node() not in str(machine())


def test_describing_the_machine_does_not_load_torch():
    code = (
        "import sys; from thresher.journal import machine; machine(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_revision_is_a_commit_or_nothing():
    assert revision() is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", revision())


def test_a_hook_of_another_repository_does_not_lend_its_revision(tmp_path):
    code = "from thresher.journal import revision; print(revision())"
    run = [sys.executable, "-c", code]
    free = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    hooked = subprocess.run(
        run,
        capture_output=True,
        text=True,
        check=True,
        env={"GIT_DIR": str(tmp_path), "GIT_INDEX_FILE": str(tmp_path / "index")},
    ).stdout
    assert free[:40] == hooked[:40]
