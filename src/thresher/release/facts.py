"""What the manifests behind an album say; absent or garbled values read as nothing."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from thresher.release.provenance import Ancestor
from thresher.release.titles import clean_text
from thresher.release.wording import unique


class Recording(NamedTuple):
    """One recording that a model learned from."""

    title: str
    artist: str
    seconds: float


class Facts:
    """Everything the notes tell about an album's ancestors, kind by kind."""

    def __init__(self, ancestors: Sequence[Ancestor]) -> None:
        self.all = tuple(ancestors)
        self.recordings = [row for a in self.of("corpus") for row in _recordings(a)]
        self.artists = unique(recording.artist for recording in self.recordings)
        self.seconds = sum((recording.seconds for recording in self.recordings), 0.0)
        families = (a.manifest.get("family") for a in (*self.of("run"), *self.of("clips")))
        self.families = unique(clean_text(str(family or "")) for family in families)

    def of(self, kind: str) -> list[Ancestor]:
        """The ancestors of one kind."""
        return [ancestor for ancestor in self.all if ancestor.kind == kind]


def number(value: Any) -> float | None:
    """A finite number, or None for whatever else a manifest may hold there."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # JSON may spell 1e999, and integers no float can hold.
    return float(value) if abs(value) < 1e18 and math.isfinite(value) else None


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The JSON objects of a list, and nothing else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def stages(ancestor: Ancestor) -> list[Mapping[str, Any]]:
    """The timed stages of an ancestor's making."""
    return rows(ancestor.manifest.get("stages"))


def wall_clock(ancestor: Ancestor) -> float:
    """Seconds that making an ancestor took."""
    return sum((number(stage.get("seconds")) or 0.0 for stage in stages(ancestor)), 0.0)


def machine_name(ancestor: Ancestor) -> str:
    """Processor, cores, memory and PyTorch in one line."""
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


def version(ancestor: Ancestor) -> str:
    """Thresher's version and revision at the time."""
    says = ancestor.manifest
    revision = f" ({str(says['revision'])[:12]})" if says.get("revision") else ""
    return clean_text(f"{says['version']}{revision}") if says.get("version") else ""


def _recordings(corpus: Ancestor) -> list[Recording]:
    settings = corpus.manifest.get("settings")
    rate = number(settings.get("sample_rate")) if isinstance(settings, Mapping) else None
    return [
        Recording(
            title=clean_text(str(row.get("title") or "Untitled")),
            artist=clean_text(str(row.get("artist") or "")),
            seconds=_samples(row) / rate if rate else 0.0,
        )
        for row in rows(corpus.manifest.get("tracks"))
    ]


def _samples(row: Mapping[str, Any]) -> float:
    return max(0.0, (number(row.get("stop")) or 0.0) - (number(row.get("start")) or 0.0))
