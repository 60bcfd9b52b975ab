"""thresher.cli.main: quick help, errors that people can read, the nearest verb."""

import os
import subprocess
import sys

import click
import pytest

from thresher.cli.main import VERBS, main, thresher
from thresher.errors import ThresherError

HELP_OF_EVERYTHING = """
import sys
import click
from click.testing import CliRunner
from thresher.cli.main import VERBS, thresher

def check(command, arguments):
    result = CliRunner().invoke(thresher, [*arguments, "--help"])
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    assert result.output.startswith("Usage: ")
    for name, below in getattr(command, "commands", {}).items():
        check(below, [*arguments, name])

check(click.Command("thresher"), [])
loaded = {"torch", "numba", "scipy", "matplotlib"} & set(sys.modules)
assert not loaded, f"thresher --help: {loaded}"
for verb in VERBS:
    check(thresher.get_command(click.Context(thresher), verb), [verb])
    loaded = {"torch", "numba"} & set(sys.modules)
    assert not loaded, f"thresher {verb} --help: {loaded}"
"""


def test_help_of_every_verb_imports_neither_torch_nor_numba():
    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_EVERYTHING], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_help_lists_every_verb():
    help_text = thresher.get_help(click.Context(thresher))
    assert all(verb in help_text for verb in VERBS)


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["thresher", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code, capsys.readouterr()


def test_an_unknown_verb_suggests_the_nearest(monkeypatch, capsys):
    code, printed = run(monkeypatch, capsys, "generat")
    assert code == 1
    assert printed.err.startswith("error: there is no verb 'generat'\n")
    assert "  try: thresher generate" in printed.err


def test_an_error_is_printed_as_people_read_it(monkeypatch, capsys):
    def fail(*arguments, **options):
        raise ThresherError("corpus 'd' is empty", looked_at="corpora/d", hint="add files")

    monkeypatch.setattr(thresher, "main", fail)
    code, printed = run(monkeypatch, capsys)
    assert code == 1
    assert printed.out == ""
    assert printed.err == ("error: corpus 'd' is empty\n  looked at: corpora/d\n  try: add files\n")


def test_a_wrong_option_is_said_in_the_same_form(monkeypatch, capsys):
    code, printed = run(monkeypatch, capsys, "journal", "--colour")
    assert code == 2
    assert printed.err.splitlines()[0].startswith("error: No such option")
    assert printed.err.splitlines()[1] == "  try: thresher journal --help"


def test_stopping_by_hand_says_how_to_go_on(monkeypatch, capsys):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(thresher, "main", stop)
    code, printed = run(monkeypatch, capsys)
    assert code == 130
    assert printed.err == "stopped; run the same command again to go on\n"


def test_a_reader_who_leaves_early_causes_no_noise(workspace):
    code = "for _ in range(100_000): print('x' * 100)"
    script = (
        "from thresher.cli import main\n"
        f"main.thresher.main = lambda **kw: exec({code!r})\n"
        "main.main()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.stderr.read() == b""
    assert writer.wait() == 0
    writer.stderr.close()


def test_the_version_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["thresher", "--version"])
    main()
    assert capsys.readouterr().out.startswith("thresher, version ")


@pytest.mark.parametrize(("given", "wanted"), [(None, "1"), ("4", "4")])
def test_numpy_multiplies_on_one_thread_unless_somebody_says_otherwise(monkeypatch, given, wanted):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", given or "")
    if not given:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setattr(sys, "argv", ["thresher", "--help"])
    main()
    assert os.environ["OPENBLAS_NUM_THREADS"] == wanted
