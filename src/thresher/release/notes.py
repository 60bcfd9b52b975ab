"""Liner notes, written from the manifests: what learned from whom, where, and how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import thresher
from thresher.release.differences import changed_settings
from thresher.release.mastering import Master
from thresher.release.provenance import Ancestor
from thresher.release.titles import clean_text

Pairs = tuple[tuple[str, str], ...]
_STEPS = {
    "corpus": "Recordings to training material",
    "run": "Training",
    "clips": "Generating",
    "song": "Choosing and joining",
    "cover": "Drawing the cover",
    "release": "Mastering and publishing",
}


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
    wide: bool = False


@dataclass(frozen=True)
class Notes:
    """Everything the page says about how the music was made. Plain text, not yet escaped."""

    claim: str
    """One sentence for previews, feeds and the tags of every file."""
    disclosure: str
    sections: tuple[Section, ...]


class _Facts:
    """What the manifests of one kind say; absent or garbled values read as nothing."""

    def __init__(self, ancestors: Sequence[Ancestor]) -> None:
        self.all = tuple(ancestors)
        self.of = {kind: [a for a in ancestors if a.kind == kind] for kind in _STEPS}

    @property
    def families(self) -> list[str]:
        found = [a.manifest.get("family") for a in (*self.of["run"], *self.of["clips"])]
        return _unique(clean_text(str(name)) for name in found if name)

    @property
    def recordings(self) -> list[Mapping[str, Any]]:
        tracks = [a.manifest.get("tracks") for a in self.of["corpus"]]
        rows = [row for rows in tracks if isinstance(rows, list) for row in rows]
        return [row for row in rows if isinstance(row, Mapping)]

    @property
    def artists(self) -> list[str]:
        return _unique(clean_text(str(r["artist"])) for r in self.recordings if r.get("artist"))

    @property
    def hours(self) -> float:
        return sum(_seconds(corpus, row) for corpus, row in self._timed()) / 3600

    def _timed(self) -> Iterator[tuple[Ancestor, Mapping[str, Any]]]:
        for corpus in self.of["corpus"]:
            rows = corpus.manifest.get("tracks")
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, Mapping):
                    yield corpus, row

    def recording_pairs(self) -> Pairs:
        return tuple(
            (
                clean_text(str(row.get("title") or "Untitled")),
                ", ".join(
                    part
                    for part in (
                        clean_text(str(row.get("artist") or "")),
                        clock(_seconds(corpus, row)),
                    )
                    if part
                ),
            )
            for corpus, row in self._timed()
        )


def write_notes(ancestors: Sequence[Ancestor], master: Master, licences: Pairs) -> Notes:
    """The liner notes of an album.

    Args:
        ancestors: everything it was made from, and itself (kind ``release``).
        master: what mastering did.
        licences: name and text of each licence note that came with the recordings.
    """
    facts = _Facts(ancestors)
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


def clock(seconds: float) -> str:
    """A duration as players show it.

    >>> clock(3671.6), clock(59.4)
    ('1:01:12', '0:59')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _claim(facts: _Facts) -> str:
    by = f" by a {_listed(facts.families)} model" if facts.families else " by a computer model"
    trained = f" trained on recordings by {_listed(facts.artists)}" if facts.artists else ""
    return f"Generated sample by sample{by}{trained}; nobody played this music."


def _disclosure(facts: _Facts) -> str:
    model = f"{_listed(facts.families)} network" if facts.families else "computer model"
    amount = f"{_duration(3600 * facts.hours)} of " if facts.hours else ""
    whose = f"recordings by {_listed(facts.artists)}" if facts.artists else "other people’s music"
    return (
        f"This music is generated. A {model} listened to {amount}{whose} and learned to "
        "continue the sound, one sample after the next. What you hear is its output, "
        "selected, joined and mastered by Thresher; no person performed it. The musicians "
        "named below made the recordings it learned from, and did not take part in this album."
    )


def _recordings(facts: _Facts, licences: Pairs) -> Section:
    missing = [a for a in facts.of["corpus"] if a.state == "missing"]
    if not facts.recordings:
        reason = "The record of the recordings is no longer in the workspace."
        if not missing and not facts.of["corpus"]:
            reason = "No record leads back to the recordings this model learned from."
        return Section("Recordings it learned from", paragraphs=(reason,))
    count = len(facts.recordings)
    total = f"{count} recording{'s' * (count > 1)}, {_duration(3600 * facts.hours)} in all."
    started = _unique(
        clean_text(str(a.manifest["warm_start"])).rsplit("/", 1)[-1]
        for a in facts.of["run"]
        if a.manifest.get("warm_start")
    )
    began = [f"Training began from the weights of “{name}”, trained earlier." for name in started]
    folds = tuple(Fold(f"Licence note: {name}", (("", text),)) for name, text in licences)
    pairs = facts.recording_pairs()
    if len(pairs) > 12:
        folds, pairs = (Fold(f"All {count} recordings", pairs), *folds), ()
    return Section("Recordings it learned from", (total, *began), pairs, folds)


def _model(facts: _Facts) -> Section:
    rows = [pair for run in facts.of["run"] for pair in _run_pairs(run)]
    rows += [pair for clips in facts.of["clips"] for pair in _clip_pairs(clips)]
    return Section("Model", pairs=tuple(rows))


def _run_pairs(run: Ancestor) -> Iterator[tuple[str, str]]:
    says = run.manifest
    if run.state == "missing":
        yield "Run", f"{run.id} (its record is no longer there)"
        return
    preset = f", preset {says['preset']}" if says.get("preset") else ""
    yield "Family", clean_text(f"{says.get('family', 'unknown')}{preset}")
    yield "Run", run.id
    if steps := _number(says.get("step")):
        yield "Trained", f"{steps:,.0f} steps"
    if samples := _number(says.get("samples")):
        yield "Samples heard", f"{samples:,.0f}"
    if bits := _number(says.get("best_value")):
        yield "Held out", f"{bits:.2f} bits per sample"


def _clip_pairs(clips: Ancestor) -> Iterator[tuple[str, str]]:
    made = clips.manifest.get("clips")
    if isinstance(made, list):
        rate = _number(clips.manifest.get("sample_rate"))
        lengths = [_number(c.get("samples")) or 0 for c in made if isinstance(c, Mapping)]
        long = f", {_duration(sum(lengths) / rate)} of sound" if rate else ""
        yield "Clips to choose from", f"{len(made)}{long}"


def _levels(master: Master) -> Pairs:
    return tuple(
        (
            song.title,
            f"{song.lufs:.1f} LUFS, {song.peak_dbtp:.1f} dBTP"
            + (f", limited by up to {song.limited_db:.1f} dB" if song.limited_db >= 0.05 else ""),
        )
        for song in master.songs
    )


def _machine(facts: _Facts) -> Section:
    rows = []
    for kind, what in reversed(_STEPS.items()):
        seconds = sum(_wall_clock(ancestor) for ancestor in facts.of[kind])
        if seconds:
            rows.append((what, _duration(seconds)))
    rows = rows[::-1]
    machines = _unique(_machine_name(a) for a in facts.all)
    folds = [
        Fold(f"{what}, step by step", stages)
        for kind, what in _STEPS.items()
        if (stages := tuple(pair for a in facts.of[kind] for pair in _stage_pairs(a)))
    ]
    versions = _unique(_version(a) for a in facts.all) or [thresher.__version__]
    rows += [("Machine", name) for name in machines if name]
    rows.append(("Thresher", ", ".join(name for name in versions if name)))
    return Section("Machine and time", pairs=tuple(rows), folds=tuple(folds))


def _stage_pairs(ancestor: Ancestor) -> Iterator[tuple[str, str]]:
    for stage in _stages(ancestor):
        seconds = _number(stage.get("seconds")) or 0.0
        rate = _number(stage.get("samples_per_s"))
        speed = f", {rate:,.0f} samples/s" if rate else ""
        yield clean_text(str(stage.get("name", "?"))), f"{_duration(seconds)}{speed}"


def _seeds(facts: _Facts) -> Section:
    rows = [
        (f"{a.kind} {a.id}", f"{seed:.0f}")
        for a in facts.all
        if (seed := _number(a.manifest.get("seed"))) is not None
    ]
    return Section("Seeds", pairs=tuple(rows))


def _settings(facts: _Facts) -> Section:
    folds = tuple(
        Fold(f"{_STEPS[a.kind]}: {a.id}", rows)
        for a in facts.all
        if a.kind in _STEPS and (rows := tuple(changed_settings(a)))
    )
    said = "Everything else is at Thresher’s defaults." if folds else "All at Thresher’s defaults."
    return Section("Settings that were changed", paragraphs=(said,), folds=folds)


def _hashes(facts: _Facts) -> Section:
    state = {"intact": "", "changed": " (changed since)", "missing": " (no longer there)"}
    rows = tuple((f"{a.kind} {a.id}{state[a.state]}", a.hash) for a in facts.all if a.hash)
    if not rows:
        return Section("Content hashes")
    why = "Each is the SHA-256 of a record that names the SHA-256 of every file below it."
    fold = Fold(f"{len(rows)} records", rows, code=True)
    return Section("Content hashes", paragraphs=(why,), folds=(fold,))


def _stages(ancestor: Ancestor) -> list[Mapping[str, Any]]:
    stages = ancestor.manifest.get("stages")
    return [s for s in stages if isinstance(s, Mapping)] if isinstance(stages, list) else []


def _wall_clock(ancestor: Ancestor) -> float:
    return sum(_number(stage.get("seconds")) or 0.0 for stage in _stages(ancestor))


def _machine_name(ancestor: Ancestor) -> str:
    says = ancestor.manifest.get("machine")
    if not isinstance(says, Mapping):
        return ""
    known = [
        says.get("gpu"),
        says.get("processor"),
        says.get("cores") and f"{says['cores']} cores",
        says.get("memory_gb") and f"{says['memory_gb']} GB memory",
        says.get("torch") and f"PyTorch {says['torch']}",
    ]
    return clean_text(", ".join(str(part) for part in known if part))


def _version(ancestor: Ancestor) -> str:
    says = ancestor.manifest
    revision = f" ({str(says['revision'])[:12]})" if says.get("revision") else ""
    return clean_text(f"{says['version']}{revision}") if says.get("version") else ""


def _seconds(corpus: Ancestor, row: Mapping[str, Any]) -> float:
    settings = corpus.manifest.get("settings")
    rate = _number(settings.get("sample_rate")) if isinstance(settings, Mapping) else None
    start, stop = _number(row.get("start")), _number(row.get("stop"))
    return max(0.0, stop - start) / rate if rate and start is not None and stop else 0.0


def _duration(seconds: float) -> str:
    """A length of time in the unit a reader would choose.

    >>> _duration(4.25), _duration(810), _duration(36_000)
    ('4.2 s', '13.5 minutes', '10.0 hours')
    """
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} minutes" if seconds < 6000 else f"{seconds / 3600:.1f} hours"


def _number(value: Any) -> float | None:
    # JSON allows 1e999, which Python reads as infinity.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e18:
        return None
    return float(value) if value == value else None


def _listed(names: Sequence[str]) -> str:
    """Names as in a sentence, the fifth and later counted."""
    shown = [*names[:4], f"{len(names) - 4} more"] if len(names) > 5 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _unique(names: Any) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
