"""Liner notes, written from the manifests: what learned from whom, where, and how."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import thresher
from thresher.release.differences import changed_settings
from thresher.release.facts import Facts, machine_name, number, rows, stages, version, wall_clock
from thresher.release.mastering import Master
from thresher.release.provenance import Ancestor
from thresher.release.titles import clean_text
from thresher.release.wording import clock, duration, listed, signed, unique

Pairs = tuple[tuple[str, str], ...]
_STEPS = {
    "corpus": "Recordings to training material",
    "run": "Training",
    "clips": "Generating",
    "song": "Choosing and joining",
    "cover": "Drawing the cover",
    "release": "Mastering and publishing",
}
_LEARNED_FROM = "Recordings it learned from"
_LONGEST_LIST = 12


@dataclass(frozen=True)
class Fold:
    """A table that opens on demand."""

    title: str
    pairs: Pairs
    code: bool = False
    """Set in a typewriter face: hashes."""


@dataclass(frozen=True)
class Section:
    """One heading of the notes."""

    title: str
    paragraphs: tuple[str, ...] = ()
    pairs: Pairs = ()
    folds: tuple[Fold, ...] = ()


@dataclass(frozen=True)
class Notes:
    """Everything the page says about how the music was made. Plain text, not yet escaped."""

    claim: str
    """One sentence for previews, feeds and the tags of every file."""
    disclosure: str
    sections: tuple[Section, ...]


def write_notes(ancestors: Sequence[Ancestor], master: Master, licences: Pairs) -> Notes:
    """The liner notes of an album.

    Args:
        ancestors: everything it was made from, and itself (kind ``release``).
        master: what mastering did.
        licences: name and text of each licence note that came with the recordings.
    """
    facts = Facts(ancestors)
    sections = (
        _recordings(facts, licences),
        _model(facts),
        Section("Master", paragraphs=(master.statement,), pairs=_levels(master)),
        _machine(facts),
        _seeds(facts),
        _settings(facts),
        _hashes(facts),
    )
    shown = tuple(s for s in sections if s.paragraphs or s.pairs or s.folds)
    return Notes(claim=_claim(facts), disclosure=_disclosure(facts), sections=shown)


def _claim(facts: Facts) -> str:
    by = f" by a {listed(facts.families)} model" if facts.families else " by a computer model"
    trained = f" trained on recordings by {listed(facts.artists)}" if facts.artists else ""
    return f"Generated{by}{trained}; nobody played this music."


def _disclosure(facts: Facts) -> str:
    model = f"{listed(facts.families)} network" if facts.families else "computer model"
    amount = f"{duration(facts.seconds)} of " if facts.seconds else ""
    whose = f"recordings by {listed(facts.artists)}" if facts.artists else "recorded music"
    said = (
        f"This music is generated. A {model} learned from {amount}{whose} to make sound of its "
        "own; what you hear is its output, chosen, joined and mastered by Thresher. "
        "No person performed it."
    )
    if facts.artists:
        said += (
            " The recordings it learned from are named below; that does not mean that the people "
            "who made them endorse this album."
        )
    return said


def _recordings(facts: Facts, licences: Pairs) -> Section:
    began = tuple(
        f"Training began from the weights of “{name}”, trained earlier."
        for name in unique(_warm_start(run) for run in facts.of("run"))
    )
    folds = tuple(Fold(f"Licence note: {name}", (("", text),)) for name, text in licences)
    if not facts.recordings:
        return Section(_LEARNED_FROM, ("No record leads back to the recordings.", *began))
    count = len(facts.recordings)
    total = f"{count} recording{'s' * (count > 1)}, {duration(facts.seconds)} in all."
    pairs = tuple(
        (title, ", ".join(filter(None, (artist, clock(seconds)))))
        for title, artist, seconds in facts.recordings
    )
    if count > _LONGEST_LIST:
        folds, pairs = (Fold(f"All {count} recordings", pairs), *folds), ()
    return Section(_LEARNED_FROM, (total, *began), pairs, folds)


def _warm_start(run: Ancestor) -> str:
    # The name alone: the path to it is nobody's business.
    return clean_text(str(run.manifest.get("warm_start") or "")).rstrip("/").rsplit("/", 1)[-1]


def _model(facts: Facts) -> Section:
    told = [pair for run in facts.of("run") for pair in _run_pairs(run)]
    told += [pair for clips in facts.of("clips") for pair in _clip_pairs(clips)]
    return Section("Model", pairs=tuple(told))


def _run_pairs(run: Ancestor) -> Iterator[tuple[str, str]]:
    says = run.manifest
    if run.state == "missing":
        yield "Run", f"{run.id} (its record is no longer there)"
        return
    preset = f", preset {says['preset']}" if says.get("preset") else ""
    yield "Family", clean_text(f"{says.get('family', 'unknown')}{preset}")
    yield "Run", run.id
    if steps := number(says.get("step")):
        yield "Trained", f"{steps:,.0f} steps"
    if samples := number(says.get("samples")):
        yield "Samples heard", f"{samples:,.0f}"
    if bits := number(says.get("best_value")):
        yield "Held-out music", f"{bits:.2f} bits per sample"


def _clip_pairs(clips: Ancestor) -> Iterator[tuple[str, str]]:
    made = rows(clips.manifest.get("clips"))
    rate = number(clips.manifest.get("sample_rate"))
    samples = sum((number(clip.get("samples")) or 0.0 for clip in made), 0.0)
    if made:
        long = f", {duration(samples / rate)} of sound" if rate else ""
        yield "Clips to choose from", f"{len(made)}{long}"


def _levels(master: Master) -> Pairs:
    return tuple(
        (
            song.title,
            f"{signed(song.lufs)} LUFS, {signed(song.peak_dbtp)} dBTP"
            + (f", limited by up to {song.limited_db:.1f} dB" if song.limited_db >= 0.05 else ""),
        )
        for song in master.songs
    )


def _machine(facts: Facts) -> Section:
    took = [
        (what, duration(seconds))
        for kind, what in _STEPS.items()
        if (seconds := sum((wall_clock(ancestor) for ancestor in facts.of(kind)), 0.0))
    ]
    machines = [("Machine", name) for name in unique(machine_name(a) for a in facts.all)]
    versions = unique(version(a) for a in facts.all) or [thresher.__version__]
    steps = tuple(pair for kind in _STEPS for a in facts.of(kind) for pair in _stage_pairs(a))
    return Section(
        "Machine and time",
        pairs=(*took, *machines, ("Thresher", ", ".join(versions))),
        folds=(Fold("Step by step", steps),) if steps else (),
    )


def _stage_pairs(ancestor: Ancestor) -> Iterator[tuple[str, str]]:
    for stage in stages(ancestor):
        seconds = number(stage.get("seconds")) or 0.0
        rate = number(stage.get("samples_per_s"))
        speed = f", {rate:,.0f} samples/s" if rate else ""
        name = clean_text(f"{ancestor.kind}: {stage.get('name', '?')}")
        yield name, f"{duration(seconds)}{speed}"


def _seeds(facts: Facts) -> Section:
    seeds = ((f"{a.kind} {a.id}", number(a.manifest.get("seed"))) for a in facts.all)
    return Section(
        "Seeds", pairs=tuple((name, f"{seed:.0f}") for name, seed in seeds if seed is not None)
    )


def _settings(facts: Facts) -> Section:
    folds = tuple(
        Fold(f"{_STEPS[a.kind]}: {a.id}", changed)
        for a in facts.all
        if a.kind in _STEPS and (changed := tuple(changed_settings(a)))
    )
    if any(a.state == "missing" for a in facts.all):
        said = "As far as the records are still there."
    else:
        said = f"Everything{' else' if folds else ''} is at Thresher’s defaults."
    return Section("Settings that were changed", paragraphs=(said,), folds=folds)


def _hashes(facts: Facts) -> Section:
    state = {"intact": "", "changed": " (changed since)", "missing": " (no longer there)"}
    hashes = tuple((f"{a.kind} {a.id}{state[a.state]}", a.hash) for a in facts.all if a.hash)
    if not hashes:
        return Section("Content hashes")
    why = "Each is the SHA-256 of a record that names the SHA-256 of every file below it."
    fold = Fold(f"{len(hashes)} records", hashes, code=True)
    return Section("Content hashes", paragraphs=(why,), folds=(fold,))
