"""A trained run in, clips out: batched, steered, resumable, the same for the same seed."""

from thresher.generation.clip_set import Clip, ClipSet, open_clips
from thresher.generation.config import GenerationConfig
from thresher.generation.generate import generate_clips, resume_clips
from thresher.generation.prompts import parse_artists

__all__ = [
    "Clip",
    "ClipSet",
    "GenerationConfig",
    "generate_clips",
    "open_clips",
    "parse_artists",
    "resume_clips",
]
