"""How well a trained instrument plays what it never heard.

    python benchmarks/instrument.py WORKSPACE RUN [CHECKPOINT]

Prints a Markdown table over every held-out stretch of the run's corpus: the loss beside that of
an untrained network, and pitch and loudness, measured again on what is played.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from thresher.audio.fidelity import fidelity
from thresher.audio.trackers import VOICED
from thresher.corpus import open_corpus
from thresher.models import family_named
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.models.ddsp.anatomy import resynthesise
from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.training import open_run
from thresher.training.music import spans_of
from thresher.workspace import Workspace


def main() -> None:
    workspace, run = Workspace(Path(sys.argv[1])), sys.argv[2]
    torch.set_num_threads(1)
    manifest = open_run(workspace.run(run)).manifest
    corpus = open_corpus(workspace.corpus(manifest["corpus"]["name"]))
    which = sys.argv[3] if len(sys.argv) > 3 else "best"
    checkpoint = open_checkpoint(find_checkpoint(workspace.run(run), which))
    config, trained = checkpoint.config, checkpoint.networks()
    torch.manual_seed(0)
    fresh = {"network": family_named("ddsp").stages[0].build(config).eval()}
    losses: dict[str, list[float]] = {"untrained": [], "trained": []}
    cents, gaps, seconds = [], [], 0.0
    for start, stop in spans_of(corpus, "validation"):
        sound = corpus.audio[start:stop].astype(np.float32) / np.float32(32768)
        seconds += len(sound) / corpus.sample_rate
        for name, networks in (("untrained", fresh), ("trained", trained)):
            made = np.asarray(resynthesise(networks, config, sound).made, np.float32)
            pair = (torch.from_numpy(one)[None] for one in (sound, made))
            losses[name].append(float(multi_scale_spectral_loss(*pair, config.fft_sizes)))
        heard = fidelity(sound, made, corpus.sample_rate, config.hop)
        voiced = heard.recorded.confidence >= VOICED
        off = 1200 * np.abs(np.log2(heard.made.f0_hz / heard.recorded.f0_hz))
        cents.append(off[voiced])
        gaps.append(np.abs(heard.made_db - heard.recorded_db)[voiced])
    before, after = (float(np.mean(found)) for found in losses.values())
    print("| held out | |\n|---|---|")
    print(f"| stretches | {len(cents)}, {seconds:.0f} s |")
    print(f"| steps, wall clock so far | {checkpoint.step}, {manifest['seconds']:.0f} s |")
    print(f"| spectral loss, untrained | {before:.2f} |")
    print(f"| spectral loss, trained | {after:.2f} ({after / before:.0%}) |")
    print(f"| frames with a pitch within 20 cents | {np.mean(np.concatenate(cents) <= 20):.1%} |")
    print(f"| loudness, median difference | {np.median(np.concatenate(gaps)):.2f} dB |")


if __name__ == "__main__":
    main()
