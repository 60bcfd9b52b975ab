"""A page on which nobody can see what made a clip, and the key that only the tally reads."""

import hashlib
import importlib.resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32
from markupsafe import Markup

from thresher.bakeoff.contest import Contest
from thresher.disk import write_json
from thresher.pages import Section, prose, sound, write_page

_SHUFFLE = 5
"""Makes the order of clips another random stream than the clips' own."""

_LEAD = """Some of these were played by machines, some are real. Rate each: how gladly would you \
hear more of it? 1 is not at all, 5 is very."""

_HOW = """Your ratings stay in this browser until you save them as a file. Nothing on this page, \
seen or unseen, says what made a clip. All have the same length; their loudness is made equal, \
because the louder of two is taken for the better."""


_TARGET = "display: inline-block; min-width: 3rem; padding: .6rem .2rem"
"""As large as a thumb."""


class Blinded(NamedTuple):
    """A clip without its maker."""

    label: str
    clip: Float32[np.ndarray, " samples"]


def shuffled(contest: Contest) -> tuple[list[Blinded], dict[str, dict[str, object]]]:
    """The clips of all contestants under labels that say nothing, and the key to them."""
    everyone = [(c.name, k, clip) for c in contest.contestants for k, clip in enumerate(c.clips)]
    order = np.random.default_rng([contest.seed, _SHUFFLE]).permutation(len(everyone))
    length = min(len(clip) for _, _, clip in everyone)
    clips, key = [], {}
    for place, index in enumerate(order.tolist()):
        name, number, clip = everyone[index]
        label = f"{place + 1:02d}"
        clips.append(Blinded(label, _equally_loud(clip[:length])))
        key[label] = {"contestant": name, "clip": number}
    return clips, key


def listening_id(clips: list[Blinded]) -> str:
    """What ties votes to a page: a hash of its sounds, which tells nothing about them."""
    digest = hashlib.sha256()
    for blinded in clips:
        digest.update(blinded.clip.tobytes())
    return digest.hexdigest()[:16]


def write_blind_page(page: Path, key_file: Path, contest: Contest) -> None:
    """Write the listening page, and beside it the key that its votes are read with."""
    clips, key = shuffled(contest)
    identity = listening_id(clips)
    write_json(key_file, {"listening": identity, "clips": key})
    rate = contest.corpus.sample_rate
    items = Markup("").join(_item(blinded, rate) for blinded in clips)
    body = Markup('<div id="ballot" data-listening="{}">{}</div>').format(identity, items)
    write_page(
        page,
        title="Blind listening",
        lead=_LEAD,
        sections=[Section("Clips", body), Section("Your ratings", _form())],
        scripts=[(importlib.resources.files("thresher.bakeoff") / "votes.js").read_text("utf-8")],
    )


def _item(blinded: Blinded, sample_rate: int) -> Markup:
    buttons = Markup("").join(
        Markup('<label style="{2}"><input type="radio" name="{0}" value="{1}"> {1}</label>').format(
            f"clip-{blinded.label}", value, _TARGET
        )
        for value in range(1, 6)
    )
    return Markup(
        '<div class="clip" data-clip="{0}">{1}'
        '<p role="radiogroup" aria-label="Rating of clip {0}">{2}</p></div>'
    ).format(blinded.label, sound(blinded.clip, sample_rate, f"Clip {blinded.label}"), buttons)


def _form() -> Markup:
    return Markup(
        '<p id="count" aria-live="polite"></p>'
        '<p><label>Your name, if you like: <input id="listener" autocomplete="off"></label></p>'
        '<p><button id="save" type="button">Save as votes.json</button> '
        '<button id="clear" type="button">Begin again</button></p>{}'
    ).format(prose(_HOW))


def _equally_loud(clip: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, " samples"]:
    """RMS -20 dB re full scale, less where peaks would clip; silence stays silence."""
    rms = float(np.sqrt(np.square(clip, dtype=np.float64).mean()))
    peak = float(np.abs(clip).max(initial=0))
    if rms < 1e-4:
        return clip
    return np.asarray(clip * min(0.1 / rms, 0.99 / peak), np.float32)
