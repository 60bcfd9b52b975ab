"""Clips in, song out: the steps in a row."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from thresher.audio.fingerprint import longest_quotation
from thresher.audio.gates import Reason
from thresher.corpus.progress import Progress, progress
from thresher.curation.accounts import account_for, counted, gate_table
from thresher.curation.assemble import assemble
from thresher.curation.compose import Composition, compose
from thresher.curation.config import CurationConfig
from thresher.curation.describe import Clip, describe_clips
from thresher.curation.gates import GATES
from thresher.curation.original import arrange_like_the_seed
from thresher.curation.reference import Reference, find_reference
from thresher.curation.render import clip_reader
from thresher.curation.song import Draft, Song, write_song
from thresher.curation.sources import Sources, find_sources
from thresher.disk import write_json
from thresher.errors import ThresherError
from thresher.journal import Stages
from thresher.workspace import Workspace


def curate(
    workspace: Workspace,
    name: str,
    clips: Sequence[str],
    config: CurationConfig,
    *,
    reference: str | None = None,
) -> Song:
    """Make a song out of clips.

    Args:
        workspace: where it goes, and where clip sets are.
        name: of the song.
        clips: ids of clip sets, folders and files, in any order.
        config: the settings.
        reference: training music to hold clips against (a corpus, a folder, a file); None
            takes the corpus behind the clip sets when the workspace still has it.

    Raises:
        ThresherError: no clips, clips of different sample rates, or none that passes; then
            a report of every clip is left beside where the song would be.
    """
    folder, stages = workspace.song(name), Stages()
    sources = find_sources(workspace, clips)
    with progress() as shown:
        found = described(sources, config, cache_beside(folder), stages, shown)
        found = without_copies(_at_one_rate(found, config))
        with stages.measure("reference"):
            training = find_reference(workspace, reference, sources.corpora, cache_beside(folder))
            found = [_warned(clip, training, config) for clip in found]
        with stages.measure("compose"):
            composition = compose(found, training, config)
        if not composition.placed:
            raise _nothing_passes(folder, found, composition, config)
        bar = shown.task("joins", len(composition.placed))
        with stages.measure("join"):
            edits = assemble(
                found,
                composition.placed,
                clip_reader(workspace.root),
                workspace.root,
                config,
                lambda edit: bar.samples(1),
            )
        draft = Draft(
            name=name,
            edits=edits,
            clips=account_for(found, composition, edits.edits),
            reference=training.name if training else "",
            sources=sources,
            config=config,
        )
        return write_song(workspace, draft, stages, shown)


def curate_like_the_seed(
    workspace: Workspace, name: str, clips: Sequence[str], config: CurationConfig
) -> Song:
    """Make the song that the original script would have made, bugs included, to compare.

    No gates, no phrases, no levels, no crossfades; see `thresher.curation.original`.

    Raises:
        ThresherError: no clips, or none long enough for a fingerprint.
    """
    stages = Stages()
    sources = find_sources(workspace, clips)
    with progress() as shown:
        bar = shown.task("clips", len(sources.clips))
        with stages.measure("describe") as stage:
            edits, accounts = arrange_like_the_seed(
                sources.clips, workspace.root, lambda: bar.samples(1)
            )
            stage.samples += edits.samples
        draft = Draft(
            name=name, edits=edits, clips=accounts, reference="", sources=sources, config=config
        )
        return write_song(workspace, draft, stages, shown)


def cache_beside(folder: Path) -> Path:
    """Shared by all songs: what is known of a clip does not depend on the song."""
    return folder.parent / ".described"


def described(
    sources: Sources, config: CurationConfig, cache: Path, stages: Stages, shown: Progress
) -> list[Clip]:
    """Every clip described, sorted by content: the order of files must change nothing."""
    bar = shown.task("clips", len(sources.clips))
    with stages.measure("describe") as stage:

        def seen(clip: Clip) -> None:
            stage.samples += clip.description.samples if clip.description else 0
            bar.samples(1)

        clips = describe_clips(sources.clips, config, cache, seen)
    return sorted(clips, key=lambda clip: (clip.sha256, clip.source.label))


def _at_one_rate(clips: list[Clip], config: CurationConfig) -> list[Clip]:
    rates = sorted({clip.description.sample_rate for clip in clips if clip.description})
    if config.sample_rate == 0 and len(rates) > 1:
        counts = counted(f"at {c.description.sample_rate} Hz" for c in clips if c.description)
        raise ThresherError(
            f"the clips differ in sample rate: {counts}",
            looked_at=", ".join(clip.source.label for clip in clips[:3]) + " …",
            hint=f"--set sample_rate={rates[0]} turns the others away",
        )
    return [_at_rate(clip, config.sample_rate) for clip in clips]


def _at_rate(clip: Clip, wanted: int) -> Clip:
    if wanted == 0 or not clip.description or clip.description.sample_rate == wanted:
        return clip
    sentence = f"at {clip.description.sample_rate} Hz, the song is at {wanted} Hz"
    return _rejected(clip, Reason("sample rate", sentence))


def without_copies(clips: list[Clip]) -> list[Clip]:
    """The same bytes twice would be the same phrase twice: the second is turned away."""
    first: dict[str, str] = {}
    kept = []
    for clip in clips:
        same = first.setdefault(clip.sha256, clip.source.label) if clip.sha256 else ""
        copy = same not in ("", clip.source.label)
        reason = Reason("duplicate", f"the same file as {same}")
        kept.append(_rejected(clip, reason) if copy else clip)
    return kept


def _rejected(clip: Clip, reason: Reason) -> Clip:
    report = replace(clip.report, reasons=(*clip.report.reasons, reason))
    return replace(clip, report=report)


def _warned(clip: Clip, training: Reference | None, config: CurationConfig) -> Clip:
    """Label a clip that quotes the training music; it stays, its maker decides."""
    if training is None or clip.description is None or not clip.report.passed:
        return clip
    seconds, where = longest_quotation(
        clip.description.words, training.words, config.memorised_bits, config.memorised_seconds
    )
    if seconds <= config.memorised_seconds:
        return clip
    sentence = f"{seconds:.1f} s match the training music ({training.place(where)})"
    report = replace(clip.report, warnings=(Reason("memorised", sentence),))
    return replace(clip, report=report)


def _nothing_passes(
    folder: Path, clips: Sequence[Clip], composition: Composition, config: CurationConfig
) -> ThresherError:
    accounts = account_for(clips, composition, ())
    path = folder.with_name(f"{folder.name}.rejected.json")
    write_json(path, {"gates": gate_table(config), "clips": [a.as_json() for a in accounts]})
    names = [name for account in accounts for name in account.reasons]
    commonest = counted(names).split(", ")[:3]
    setting = next((g.setting for g in GATES if commonest[0].endswith(f" {g.name}")), None)
    loosen = f", or loosen it: --set {setting}={getattr(config, setting)}" if setting else ""
    return ThresherError(
        f"none of {len(clips)} clips can be used: {', '.join(commonest)}",
        looked_at=path,
        hint=f"listen to one; train longer or generate at another temperature{loosen}",
    )
