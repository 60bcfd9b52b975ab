"""How well drums are taken out of mixes, beside what comes for nothing and the best there can be.

    python benchmarks/drums.py WORKSPACE [RUN …] [--made] [--bss] [--seconds=48] [--softer=5]

Prints the Markdown tables of docs/drums.md: for every run, SI-SDR over the held-out songs of its
corpus (and BSSEval v4 with ``--bss``), hits found again, and what it costs to
run live. ``--softer`` mixes the drums so many dB softer, for there is more to win where they are
buried deeper. ``--made`` prints the ceilings on songs made by formulas.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from thresher.audio.bss_eval import bss_eval
from thresher.audio.ceilings import CEILINGS
from thresher.audio.onsets import agreement, find_onsets
from thresher.audio.separation import windowed_si_sdr
from thresher.claims.drumming import RATE, Material, ceilings
from thresher.corpus import Corpus, open_corpus
from thresher.corpus.made_songs import made_song
from thresher.models.checkpoint import Checkpoint, find_checkpoint, open_checkpoint
from thresher.models.drums.playing import FRAMES
from thresher.models.drums.resynthesis import cut_kit, play_kit
from thresher.models.drums.taking import Taking, take_drums
from thresher.models.voices import one_thread
from thresher.training import open_run
from thresher.workspace import Workspace

LIVE_SECONDS = 8.0


def held_out(
    corpus: Corpus, seconds: float, softer_db: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Drums and mix of every held-out song, so much from the middle of each."""
    gain = np.float32(10 ** (-softer_db / 20))
    for start, stop in corpus.stems.stretches("validation").tolist():
        spare = max(0, stop - start - round(seconds * corpus.sample_rate)) // 2
        start, stop = start + spare, stop - spare
        drums = gain * corpus.stems.drums[start:stop]
        yield drums, drums + corpus.stems.backing[start:stop]


def rows_of(checkpoint: Checkpoint, corpus: Corpus, drums: np.ndarray, mix: np.ndarray) -> dict:
    """Everything that claims to be the drums."""
    rows = {name: make(mix, drums, corpus.sample_rate) for name, make in CEILINGS.items()}
    whole = take_drums(checkpoint.networks(), mix)
    rows["stage 1: gains"] = whole.first
    if checkpoint.config.repair:
        rows["stage 2: repair"] = whole.drums
    kit = cut_kit(learned_from(corpus), corpus.sample_rate)
    rows["resynthesis, labelled"] = play_kit(whole.drums, kit, corpus.sample_rate).sound
    return rows


def learned_from(corpus: Corpus) -> np.ndarray:
    spans = corpus.stems.stretches("training").tolist()
    return np.concatenate([corpus.stems.drums[start:stop] for start, stop in spans])


def table(workspace: Workspace, run: str, *, seconds: float, softer_db: float, bss: bool) -> None:
    manifest = open_run(workspace.run(run)).manifest
    corpus = open_corpus(workspace.corpus(manifest["corpus"]["name"]))
    checkpoint = open_checkpoint(find_checkpoint(workspace.run(run), "best"))
    rate, songs = corpus.sample_rate, list(held_out(corpus, seconds, softer_db))
    seconds = sum(len(mix) for _, mix in songs) / rate
    print(f"\n{run}, step {checkpoint.step:,}: {len(songs)} held-out songs, {seconds:.0f} s")
    print("\n| drums by | SI-SDR | over the mix | over HPSS | windows | onset F |", end="")
    print(" SDR | SIR | SAR |" if bss else "")
    print("|---|---:|---:|---:|---:|---:|" + ("---:|---:|---:|" if bss else ""))
    made = [rows_of(checkpoint, corpus, drums, mix) for drums, mix in songs]
    usual: dict[str, float] = {}
    for name in made[0]:
        found = [
            windowed_si_sdr(drums, rows[name], rate)
            for (drums, _), rows in zip(songs, made, strict=True)
        ]
        decibels = float(np.mean([one.mean_db for one in found]))
        usual.setdefault("mix" if not usual else "HPSS" if len(usual) == 1 else name, decibels)
        windows = sum(len(one.windows_db) for one in found)
        skipped = sum(one.skipped for one in found)
        hits = float(
            np.mean(
                [
                    agreement(*(find_onsets(s, rate) / rate for s in (drums, rows[name]))).f_measure
                    for (drums, _), rows in zip(songs, made, strict=True)
                ]
            )
        )
        over = [f"{decibels - usual[of]:+.1f}" if of in usual else "" for of in ("mix", "HPSS")]
        cells = [name, f"{decibels:.1f}", *over, f"{windows} (+{skipped} silent)", f"{hits:.2f}"]
        if bss:
            cells += bss_cells(songs, [rows[name] for rows in made], rate)
        print("| " + " | ".join(cells) + " |", flush=True)
    live(checkpoint)


def bss_cells(
    songs: list[tuple[np.ndarray, np.ndarray]], made: list[np.ndarray], rate: int
) -> list[str]:
    """BSSEval v4: medians over windows of a second, then over songs."""
    found = [
        bss_eval(np.stack([drums, mix - drums]), sound, rate)
        for (drums, mix), sound in zip(songs, made, strict=True)
    ]
    medians = (np.median([getattr(one, f"{m}_db") for one in found]) for m in ("sdr", "sir", "sar"))
    return [f"{value:.1f}" for value in medians]


def live(checkpoint: Checkpoint) -> None:
    """Processor time on one thread: as a stream plays, and with the least delay there can be."""
    networks, config = checkpoint.networks(), checkpoint.config
    song = made_song(1, LIVE_SECONDS, config.sample_rate)
    mix = song.drums + song.backing
    print("\n| live, one thread | heard at once | real-time factor | p50 | p99 |")
    print("|---|---:|---:|---:|---:|")
    stages = {"stage 1": None, "both stages": networks.get("repair") if config.repair else None}
    for name, second in stages.items():
        if name == "both stages" and second is None:
            continue
        for hops in (FRAMES, 1):
            taking, taken, size = Taking(networks["gains"], second), [], hops * config.hop
            with one_thread():
                for at in range(0, len(mix) - size, size):
                    began = time.process_time()
                    taking.hear(mix[at : at + size])
                    taken.append(1000 * (time.process_time() - began))
            low, high = np.percentile(taken[10:], (50, 99))
            factor = np.mean(taken[10:]) / (1000 * size / config.sample_rate)
            print(f"| {name} | {10 * hops} ms | {factor:.3f} | {low:.2f} ms | {high:.2f} ms |")


def on_made_songs() -> None:
    """The ceilings: six songs of eight seconds, three times."""
    found = [ceilings(Material(), seed) for seed in range(3)]
    print(f"\nMade songs, 3 x 6 x 8 s, {RATE} Hz\n\n| drums by | SI-SDR |\n|---|---:|")
    for name in CEILINGS:
        print(f"| {name} | {np.mean([one[name] for one in found]):.1f} |")


def main(arguments: list[str]) -> None:
    flags = {a for a in arguments if a.startswith("--")}
    workspace, *runs = [a for a in arguments if a not in flags]
    given = dict(flag[2:].split("=") for flag in flags if "=" in flag)
    seconds, softer_db = float(given.get("seconds", 1e6)), float(given.get("softer", 0))
    if "--made" in flags:
        on_made_songs()
    for run in runs:
        options = {"seconds": seconds, "softer_db": softer_db, "bss": "--bss" in flags}
        table(Workspace(Path(workspace)), run, **options)


if __name__ == "__main__":
    main(sys.argv[1:])
