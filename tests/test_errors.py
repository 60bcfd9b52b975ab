"""thresher.errors: what is wrong, where we looked, what to do next."""

import pickle
from pathlib import Path

from thresher.errors import ThresherError, printable


def test_an_error_reads_as_three_lines():
    error = ThresherError("corpus 'd' is empty", looked_at=Path("corpora/d"), hint="add files")
    assert str(error).splitlines() == [
        "corpus 'd' is empty",
        "  looked at: corpora/d",
        "  try: add files",
    ]


def test_an_error_without_place_or_hint_is_one_line():
    assert str(ThresherError("nothing to do")) == "nothing to do"


def test_an_error_comes_back_whole_from_a_worker_process():
    error = pickle.loads(pickle.dumps(ThresherError("a", looked_at="b", hint="c")))
    assert (error.problem, error.looked_at, error.hint) == ("a", "b", "c")


def test_a_hostile_file_name_cannot_steer_the_terminal():
    shown = str(ThresherError("cannot read '\x1b[2J\nerror: all is lost\u202e'"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 1


def test_a_name_that_is_not_utf8_can_be_shown():
    assert printable("riff-\udcff.wav").encode("utf-8") == b"riff-\\udcff.wav"


def test_letters_of_every_alphabet_are_shown_as_they_are():
    assert printable("Ænima 海\u3000空 🎧") == "Ænima 海\u3000空 🎧"
