"""One clip that follows a recording or plays a tune."""

from thresher.audio.files import read_audio
from thresher.generation import GenerationConfig, generate_clips

ONE = {"clips": 1, "engine": "torch"}


def clips_of(workspace, instrument, seconds, **followed):
    made = generate_clips(
        workspace, str(instrument), GenerationConfig(**ONE, seconds=seconds), **followed
    )
    return made, read_audio(made.clips[0].path).samples
