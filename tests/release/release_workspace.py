"""A small workspace with made songs, a made cover and the manifests behind them."""

import numpy as np
from PIL import Image

from thresher.audio.files import write_flac
from thresher.disk import write_manifest
from thresher.journal import Stages, new_manifest, parent_of
from thresher.workspace import Workspace

RATE = 16_000


def folder_of(folder, kind, *, parents=(), settings=None, seed=None, seconds=1.5, **more):
    """A folder with nothing but a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = Stages()
    stages.add(f"make {kind}", seconds=seconds, samples=RATE)
    manifest = new_manifest(
        kind=kind,
        id=folder.name,
        settings=settings or {},
        seed=seed,
        parents=[parent_of(parent) for parent in parents],
        stages=stages,
        files={},
        more=more,
    )
    manifest["created"] = "2025-03-04T05:06:07+00:00"
    write_manifest(folder, manifest)
    return folder


def plucks(seconds=2.0, hertz=220.0, level=0.2, rate=RATE, seed=0):
    """Decaying notes over a little noise: something a loudness meter takes for music."""
    time = np.arange(round(seconds * rate)) / rate
    note = np.sin(2 * np.pi * hertz * time) * np.exp(-6 * (time % 0.25))
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return (level * (note + 0.02 * noise)).astype(np.float32)


def add_song(workspace, name, samples, rate=RATE, parents=(), **more):
    folder = folder_of(workspace.song(name), "song", parents=parents, seed=3, **more)
    write_flac(folder / "song.flac", samples, rate, bits=24)
    return folder


def add_cover(workspace, name="cover", parents=(), side=160):
    folder = folder_of(workspace.cover(name), "cover", parents=parents, seed=11)
    y, x = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    picture = np.stack([200 * x, 60 + 80 * y, 255 * (1 - x) * y], axis=-1)
    Image.fromarray(picture.astype(np.uint8)).save(folder / "cover.png")
    return folder


def make_workspace(root, recording="Riff", artist="The Fields", songs=("dawn", "dusk")):
    """Recordings to corpus to run to clips to songs to cover, all tiny."""
    workspace = Workspace(root)
    corpus = folder_of(
        workspace.corpus("fields"),
        "corpus",
        settings={"sample_rate": RATE, "silence_dbfs": -45.5},
        tracks=[
            {
                "start": 0,
                "stop": 90 * RATE,
                "path": str(root / "recordings" / "riff.flac"),
                "artist": artist,
                "title": recording,
            }
        ],
    )
    run = folder_of(
        workspace.run("run-1"),
        "run",
        parents=[corpus],
        settings={"batch_size": 7},
        seed=5,
        family="samplernn",
        preset="small",
        step=1200,
        samples=3_000_000,
    )
    clips = folder_of(
        workspace.clip_set("clips-1"),
        "clips",
        parents=[run],
        settings={"temperature": 0.9},
        seed=8,
        family="samplernn",
        sample_rate=RATE,
        clips=[{"samples": 20 * RATE}] * 3,
    )
    made = [
        add_song(workspace, name, plucks(hertz=220 + 55 * n, level=0.1 * (n + 1)), parents=[clips])
        for n, name in enumerate(songs)
    ]
    add_cover(workspace, parents=made)
    return workspace
