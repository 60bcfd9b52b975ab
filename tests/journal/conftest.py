"""Folders as rooms leave them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thresher.disk import write_manifest
from thresher.journal import Stages, new_manifest, parent_of, record
from thresher.workspace import Workspace

Made = Callable[..., Path]


@pytest.fixture
def made(workspace: Workspace) -> Made:
    """Make a folder of some kind in the workspace and record it."""

    def make(kind: str, id: str, *parents: Path, settings: Any = None, **more: Any) -> Path:
        places = {"corpus": workspace.corpus, "run": workspace.run, "clips": workspace.clip_set}
        folder = places.get(kind, workspace.song)(id)
        stages = Stages()
        stages.add("work", seconds=2.0, samples=32_000)
        manifest = new_manifest(
            kind=kind,
            id=id,
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

    return make
