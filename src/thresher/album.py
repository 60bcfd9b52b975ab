"""The whole way, from recordings to a released album, one room after the other.

Every room finds its own work again, so there is nothing to remember here: the same call
after an interruption passes what is done and goes on with what is not.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thresher.art import ArtConfig, draw_cover
from thresher.corpus import Corpus, CorpusConfig, Source, build_corpus
from thresher.curation import CurationConfig, curate
from thresher.disk import MANIFEST, content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.generation import (
    ClipSet,
    GenerationConfig,
    Sound,
    Sounds,
    generate_clips,
    open_follower,
    pass_through,
)
from thresher.journal import parent_of
from thresher.models import family_named
from thresher.models.checkpoint import open_checkpoint, shipped_model
from thresher.release import Release, ReleaseConfig, publish
from thresher.settings import (
    explanations,
    from_mapping,
    replace,
    setting,
    split_overrides,
    to_mapping,
)
from thresher.training import Run, TrainingConfig, open_run, resume, train
from thresher.workspace import Workspace, slug


@dataclass(frozen=True, kw_only=True)
class AlbumConfig:
    """What only the album as a whole can decide; each room has settings of its own."""

    tracks: int = setting(
        1,
        unit="songs",
        why="One command, one song, unless more are wanted; each has clips of its own.",
        source="taste",
    )
    minutes: float = setting(
        3.0,
        unit="min",
        why="The length of a song.",
        source="demo/sectoid: the median of its four songs is 3:10 (benchmarks/songs.py)",
    )
    spare: float = setting(
        5.5,
        unit="times the song",
        why="Clips to choose from: enough that curation can be strict, few enough to wait for.",
        source="docs/sound.md: 62 clips for a song of 90 s, and docs/performance.md, Sampling: "
        "one group of 32 for each core",
    )
    clip_seconds: float = setting(
        8.0,
        unit="s",
        why="Long enough for a phrase, short enough that 64 clips (one group of lanes for "
        "each core) are made in about two minutes.",
        source="docs/performance.md, Sampling",
    )
    rounds: int = setting(
        3,
        unit="rounds",
        why="Where too few clips pass the gates, as many again are made, this often at most.",
        source="taste",
    )
    fine_tuning_rate: float = setting(
        5e-4,
        unit="",
        why="A third of the rate the warm start was trained with: adapt to these recordings "
        "without unlearning how music moves.",
        source="taste",
    )

    def __post_init__(self) -> None:
        """Refuse an album without music."""
        if self.tracks < 1 or self.rounds < 1:
            raise ThresherError(f"tracks = {self.tracks}, rounds = {self.rounds}: at least one")
        if not (0 < self.minutes < 600 and self.clip_seconds > 0 and self.spare >= 1):
            raise ThresherError("minutes, clip_seconds and spare are above zero, spare at least 1")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the person asked for."""

    artist: str
    title: str
    family: str = "wavenet"
    preset: str = "small"
    start_from: str | None = None
    """A run or checkpoint to begin with; "" begins from nothing, None takes the shipped one
    where it fits."""
    through: str | None = None
    """A run that follows a sound, which every clip goes through before curation."""
    budget_seconds: float = 600.0
    seed: int = 0


def make_album(
    workspace: Workspace,
    recordings: Sequence[Path],
    wishes: Wishes,
    settings: Mapping[str, Any],
    tell: Callable[[str], None],
) -> Release:
    """Corpus, run, clips, songs, cover and release; ``settings`` are any room's, by name.

    A name that several rooms have says which one: ``art.layers``, ``train.layers``.

    Raises:
        ThresherError: whatever a room cannot do; what the rooms before it made stays.
    """
    family = family_named(wishes.family)
    dealt = deal(
        settings,
        {
            "album": (AlbumConfig,),
            "corpus": (CorpusConfig,),
            "train": (family.config, TrainingConfig),
            "generate": (GenerationConfig,),
            "curate": (CurationConfig,),
            "art": (ArtConfig,),
            "release": (ReleaseConfig,),
        },
    )
    album = from_mapping(AlbumConfig, dealt["album"], origin="--set")
    name = slug(wishes.title)
    if wishes.through is not None:
        open_follower(workspace, wishes.through)  # training comes first, and takes minutes

    tell("1/6 corpus: listening to the recordings")
    corpus = build_corpus(
        workspace,
        name,
        [Source(path) for path in recordings],
        from_mapping(CorpusConfig, dealt["corpus"], origin="--set"),
    )
    tell(f"2/6 train: {wishes.family} learns {_minutes(corpus)} of music")
    run = _trained(workspace, corpus, wishes, dealt["train"], album)
    names = [f"{name}-{i + 1}" for i in range(album.tracks)] if album.tracks > 1 else [name]
    for track, song in enumerate(names):
        _song(workspace, run, song, track, wishes, dealt, album, tell)
    tell("5/6 art: drawing the cover from the music")
    cover = draw_cover(
        workspace,
        names,
        artist=wishes.artist,
        title=wishes.title,
        config=replace(ArtConfig(), dealt["art"]),
        name=name,
    )
    tell("6/6 release: mastering, tagging, building the page")
    return publish(
        workspace,
        names,
        cover=cover.name,
        artist=wishes.artist,
        title=wishes.title,
        name=name,
        track_titles=_track_titles(wishes.title, names),
        config=replace(ReleaseConfig(), dealt["release"]),
    )


def deal(
    settings: Mapping[str, Any], rooms: Mapping[str, tuple[type[Any], ...]]
) -> dict[str, dict[str, Any]]:
    """Settings by room: ``room.key`` goes to that room, ``key`` to the only one that has it.

    Raises:
        ThresherError: a key that no room has (naming the nearest), or that several have.
    """
    dealt: dict[str, dict[str, Any]] = {room: {} for room in rooms}
    names = {
        room: {e.name for c in configs for e in explanations(c)} for room, configs in rooms.items()
    }
    for key, value in settings.items():
        room, dot, plain = key.partition(".")
        if dot and room in rooms:
            owners = [room]
        else:
            plain, owners = key, [room for room in rooms if key in names[room]]
            owners = ["album"] if "album" in owners else owners  # its own come first
        if len(owners) > 1:
            raise ThresherError(
                f"setting '{key}' could be that of {' or '.join(owners)}",
                looked_at="--set",
                hint=" or ".join(f"--set {owner}.{key}={value}" for owner in owners),
            )
        known = rooms[owners[0]] if owners else [c for configs in rooms.values() for c in configs]
        split_overrides({plain: value}, known)  # raises where the key is nobody's
        dealt[owners[0]][plain] = value
    return dealt


def _trained(
    workspace: Workspace,
    corpus: Corpus,
    wishes: Wishes,
    settings: Mapping[str, Any],
    album: AlbumConfig,
) -> Run:
    """The run of this album: finished, gone on with, or begun."""
    begun = _begun(workspace, corpus)
    if begun is not None:
        return begun if begun.manifest["state"] == "finished" else resume(workspace, begun.id)
    start = _start(wishes, settings)
    tuned = {"learning_rate": album.fine_tuning_rate} if start else {}
    return train(
        workspace,
        wishes.family,
        corpus.name,
        preset="" if start else wishes.preset,
        # The album itself is the preview; drawing more would eat the budget.
        settings={
            "budget_seconds": wishes.budget_seconds,
            "preview_minutes": [],
            "preview_clips": 0,
            **tuned,
            **settings,
        },
        start_from=start,
        seed=wishes.seed,
        name=_run_name(workspace, corpus),
    )


def _run_name(workspace: Workspace, corpus: Corpus) -> str:
    """Named after the very recordings, so that other ones never meet this run."""
    return f"{corpus.name}-{content_hash(workspace.corpus(corpus.name))[:8]}"


def _begun(workspace: Workspace, corpus: Corpus) -> Run | None:
    folder = workspace.run(_run_name(workspace, corpus))
    return open_run(folder) if (folder / "manifest.json").is_file() else None


def _start(wishes: Wishes, settings: Mapping[str, Any]) -> str | None:
    """Whose weights to begin with: those asked for, the shipped ones if they fit, or none."""
    if wishes.start_from is not None:
        return wishes.start_from or None
    folder = shipped_model(wishes.family)
    if folder is None or wishes.preset != "small":
        return None
    shipped = open_checkpoint(folder)
    shape = type(shipped.config).__dataclass_fields__
    same = all(getattr(shipped.config, k) == v for k, v in settings.items() if k in shape)
    return str(folder) if same else None


def _song(
    workspace: Workspace,
    run: Run,
    name: str,
    track: int,
    wishes: Wishes,
    dealt: Mapping[str, Mapping[str, Any]],
    album: AlbumConfig,
    tell: Callable[[str], None],
) -> None:
    """Clips, and more of them until enough pass, then a song."""
    config = replace(CurationConfig(), {"minutes": album.minutes, **dealt["curate"]})
    first = math.ceil(60 * album.minutes * album.spare / album.clip_seconds)
    for count in range(1, album.rounds + 1):
        tell(f"3/6 generate: {first * count} clips of {album.clip_seconds:g} s for '{name}'")
        asked = {"clips": first * count, "seconds": album.clip_seconds}
        made = generate_clips(
            workspace,
            run.id,
            replace(GenerationConfig(), {**asked, **dealt["generate"]}),
            seed=wishes.seed + track,
            name=f"{run.id}-{track + 1}",
        )
        if wishes.through is not None:
            tell(f"3/6 generate: sending them through '{wishes.through}'")
            made = _sent_through(workspace, made, wishes.through)
        tell(f"4/6 curate: '{name}'")
        try:
            seconds = _curated(workspace, name, made, config)
        except ThresherError:
            if count == album.rounds:
                raise
            continue
        if seconds >= 0.9 * 60 * album.minutes:
            break


def _sent_through(workspace: Workspace, clips: ClipSet, run: str) -> ClipSet:
    given = Sounds(
        name=clips.id,
        sounds=tuple(Sound(clip.path, clip.seed) for clip in clips.clips),
        clip_set=clips.folder,
    )
    return pass_through(workspace, run, given)


def _curated(workspace: Workspace, name: str, clips: ClipSet, config: CurationConfig) -> float:
    """Seconds of the song made of these clips; what is already there is left as it is."""
    folder = workspace.song(name)
    if (folder / MANIFEST).is_file():
        there = read_manifest(folder, kind="song")
        if there["settings"] == to_mapping(config) and parent_of(clips.folder) in there["parents"]:
            return float(there["seconds"])
    return curate(workspace, name, [clips.id], config).seconds


def _track_titles(title: str, names: Sequence[str]) -> dict[str, str]:
    if len(names) == 1:
        return {names[0]: title}
    return {name: f"{title} {number}" for number, name in enumerate(names, start=1)}


def _minutes(corpus: Corpus) -> str:
    seconds = len(corpus.codes) / corpus.sample_rate
    return f"{seconds / 60:.1f} minutes"
