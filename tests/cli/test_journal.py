"""thresher journal: what was made here, from what, and how it compares."""

import json

import pytest
from click.testing import CliRunner

from thresher.cli.journal_views import sparkline
from thresher.cli.main import thresher
from thresher.disk import write_manifest
from thresher.errors import ThresherError
from thresher.journal import Scalars, Stages, find, new_manifest, parent_of, record
from thresher.workspace import Workspace


@pytest.fixture
def studio(workspace: Workspace) -> Workspace:
    """A workspace with a corpus, two runs and a song with a hostile title."""

    def make(kind, folder, *parents, settings=None, **more):
        stages = Stages()
        stages.add("work", seconds=2.0, samples=32_000)
        manifest = new_manifest(
            kind=kind,
            id=folder.name,
            settings=settings or {},
            seed=0,
            parents=[parent_of(parent) for parent in parents],
            stages=stages,
            files={},
            more=more,
        )
        write_manifest(folder, manifest)
        record(workspace.journal, folder)
        return folder

    tracks = [{"path": f"riffs/{number}.wav"} for number in range(20)]
    corpus = make("corpus", workspace.corpus("drums"), tracks=tracks)
    run = make("run", workspace.run("w7"), corpus, settings={"dim": 512}, best_value=5.25)
    make("run", workspace.run("w8"), corpus, settings={"dim": 256})
    make("song", workspace.song("s"), run, title="[red]a\x1b[2Jb[/red] [/nothing]\udcff")
    with Scalars(workspace.journal, "w7", workspace.events("w7")) as scalars:
        for step in range(8):
            scalars.add(step, {"validation/bits": 8.0 - step, "loss": float("nan")})
    return workspace


def journal(workspace: Workspace, *arguments: str) -> str:
    result = CliRunner().invoke(
        thresher, ["--workspace", str(workspace.root), "journal", *arguments]
    )
    if result.exception is not None:
        raise result.exception
    return result.output


def test_the_list_names_everything_with_its_parents(studio):
    lines = journal(studio).splitlines()
    assert [line.split()[2:4] for line in lines[1:]] == [
        ["corpus", "drums"],
        ["run", "w7"],
        ["run", "w8"],
        ["song", "s"],
    ]
    assert lines[2].endswith("corpus/drums")


def test_the_list_can_be_narrowed_to_a_kind(studio):
    assert "drums" not in journal(studio, "--kind", "song").split("from")[0]


def test_an_empty_journal_says_how_it_begins(workspace):
    assert "thresher corpus" in journal(workspace)
    assert not workspace.root.exists()


def test_hostile_titles_reach_neither_the_markup_nor_the_terminal(studio):
    for arguments in ([], ["show", "s"], ["compare", "s", "w7"]):
        assert "\x1b" not in journal(studio, *arguments)
    assert "[red]a\\x1b[2Jb[/red] [/nothing]" in journal(studio)


def test_showing_an_entry_leads_back_to_the_recordings(studio):
    shown = journal(studio, "show", "s")
    assert shown.index("run/w7") < shown.index("corpus/drums") < shown.index("riffs/0.wav")
    assert "and 8 more" in shown


def test_showing_a_run_draws_its_curve(studio):
    shown = journal(studio, "show", "w7")
    assert "█▇▆▅▄▃▂▁" in shown
    assert "16,000" in shown
    assert "512" in shown


def test_json_is_for_machines(studio):
    listed = json.loads(journal(studio, "--json"))
    assert [entry["id"] for entry in listed] == ["drums", "w7", "w8", "s"]
    shown = json.loads(journal(studio, "show", "w7", "--json"))
    assert shown["lineage"]["parents"][0]["id"] == "drums"
    assert shown["scalars"]["loss"][0] == [0, None]
    compared = json.loads(journal(studio, "compare", "w7", "w8", "--json"))
    assert compared["settings"]["dim"] == [512, 256]


def test_comparing_shows_what_differs(studio):
    shown = journal(studio, "compare", "w7", "w8")
    assert "512" in shown
    assert "256" in shown


def test_comparing_takes_two(studio):
    with pytest.raises(ThresherError, match="two entries"):
        journal(studio, "compare", "w7")


def test_notes_are_written_and_shown(studio):
    journal(studio, "note", "w7", "--hypothesis", "noise helps")
    journal(studio, "note", "w7", "--verdict", "it did")
    shown = journal(studio, "show", "w7")
    assert shown.index("noise helps") < shown.index("it did")


def test_a_note_needs_words(studio):
    with pytest.raises(ThresherError, match="nothing to note"):
        journal(studio, "note", "w7")


def test_a_broken_journal_is_rebuilt(studio):
    before = find(studio.journal, "w7")
    for path in studio.root.glob("journal.sqlite*"):
        path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(ThresherError, match="broken"):
        journal(studio)
    assert "4 entries, 16 scalars, 0 notes" in journal(studio, "rebuild")
    assert find(studio.journal, "w7").hash == before.hash


def test_mirroring_without_a_server_says_what_is_missing(studio):
    with pytest.raises(ThresherError, match="which MLflow server"):
        journal(studio, "mirror")


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([1.0], "▁"),
        ([1.0, 1.0], "▁▁"),
        ([0.0, float("nan"), 7.0], "▁█"),
        ([step / 80 for step in range(80)], None),
    ],
)
def test_a_sparkline_fits_its_width(values, drawn):
    line = sparkline(values)
    assert len(line) <= 40
    assert drawn is None or line == drawn


@pytest.fixture
def heard(studio):
    """Two runs that were listened to, one of them with every checkpoint."""

    def make(name, **more):
        stages = Stages()
        stages.add("train network", seconds=4.0, samples=32_000)
        manifest = new_manifest(
            kind="run", id=name, settings={}, seed=0, parents=[], stages=stages, files={}, more=more
        )
        write_manifest(studio.run(name), manifest)
        record(studio.journal, studio.run(name))

    def entry(distance, passed, clips):
        return {
            "checkpoint": "step-1",
            "held_out": 5.5,
            "measure": "bits",
            "distance": distance,
            "passed": passed,
            "clips": clips,
            "failures": {"trap": clips - passed},
            "memorised": 0,
        }

    make("h1", recommended="step-1", scores=[entry(2.0, 1, 2)])
    make("h2", recommended="step-1", scores=[entry(9.0, 0, 2)], heard=[entry(1.5, 12, 16)])
    return studio


def test_comparing_runs_shows_how_they_sound(heard):
    compared = json.loads(journal(heard, "compare", "h1", "h2", "w7", "--json"))

    assert compared["sound"]["distance"] == [2.0, 1.5, None]
    assert compared["sound"]["gate pass-rate"] == [0.5, 0.75, None]
    assert compared["sound"]["loop rate"] == [0.5, 0.25, None]
    assert compared["sound"]["held-out bits"] == [5.5, 5.5, None]
    assert compared["sound"]["training samples/s"] == [8000.0, 8000.0, None]
    assert "sound" not in json.loads(journal(heard, "compare", "w7", "w8", "--json"))
    assert "gate pass-rate" in journal(heard, "compare", "h1", "h2")


def test_a_comparison_can_be_a_page(heard, tmp_path):
    journal(heard, "compare", "h1", "w7", "s", "--page", str(tmp_path / "deep" / "page.html"))

    html = (tmp_path / "deep" / "page.html").read_text()
    assert "How they sound" in html
    assert "held-out bits over the steps" in html
    assert "\x1b" not in html
    assert "<script>" not in html
