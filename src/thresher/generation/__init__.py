"""A trained run in, clips out: batched, steered, resumable, the same for the same seed."""

from thresher.generation.clip_set import Clip, ClipSet, open_clips
from thresher.generation.config import GenerationConfig
from thresher.generation.generate import generate_clips, resume_clips
from thresher.generation.prompts import parse_artists, parse_knobs, seconds_of
from thresher.generation.stream_state import Recorded
from thresher.generation.streaming import Stream, open_stream, resume_stream
from thresher.generation.through import Sound, Sounds, open_follower, pass_through

__all__ = [
    "Clip",
    "ClipSet",
    "GenerationConfig",
    "Recorded",
    "Sound",
    "Sounds",
    "Stream",
    "generate_clips",
    "open_clips",
    "open_follower",
    "open_stream",
    "parse_artists",
    "parse_knobs",
    "pass_through",
    "resume_clips",
    "resume_stream",
    "seconds_of",
]
