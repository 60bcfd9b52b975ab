"""A trained run in, clips out: batched, steered, resumable, the same for the same seed."""

from thresher.generation.clip_set import Clip, ClipSet, open_clips
from thresher.generation.config import GenerationConfig
from thresher.generation.generate import generate_clips, resume_clips
from thresher.generation.prompts import parse_artists, parse_knobs, seconds_of
from thresher.generation.stream_state import Recorded
from thresher.generation.streaming import Stream, open_stream, resume_stream

__all__ = [
    "Clip",
    "ClipSet",
    "GenerationConfig",
    "Recorded",
    "Stream",
    "generate_clips",
    "open_clips",
    "open_stream",
    "parse_artists",
    "parse_knobs",
    "resume_clips",
    "resume_stream",
    "seconds_of",
]
