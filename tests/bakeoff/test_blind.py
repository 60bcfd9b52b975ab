"""thresher.bakeoff.blind: the page knows nothing; the key knows all."""

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
import soundfile

from thresher.bakeoff.blind import shuffled, write_blind_page
from thresher.disk import read_json


@pytest.fixture(scope="module")
def page(contest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("blind")
    write_blind_page(folder / "blind.html", folder / "key.json", contest)
    return folder


def test_nothing_in_the_source_tells_who_made_a_clip(page, contest):
    html = (page / "blind.html").read_text()
    text = re.sub(r"data:audio/flac;base64,[A-Za-z0-9+/=]+", "", html)

    makers = ("tiny", "other", "held-out", contest.name, contest.corpus.name)
    for telling in (*makers, "step-", "seed"):
        assert telling not in text, telling
    for encoded in re.findall(r"data:audio/flac;base64,([A-Za-z0-9+/=]+)", html):
        sound = base64.b64decode(encoded)
        assert b"tiny" not in sound
        assert not soundfile.SoundFile(io.BytesIO(sound)).copy_metadata()


def test_clips_differ_in_nothing_but_their_sound(page):
    html = (page / "blind.html").read_text()
    items = re.findall(r'<div class="clip".*?</div>', html, re.S)
    bare = {re.sub(r"base64,[A-Za-z0-9+/=]+|\d\d", "", item) for item in items}
    sounds = [
        soundfile.read(io.BytesIO(base64.b64decode(text)))[0]
        for text in re.findall(r"base64,([A-Za-z0-9+/=]+)", "".join(items))
    ]

    assert len(items) == 9
    assert len(bare) == 1
    assert len({len(sound) for sound in sounds}) == 1
    levels = [np.sqrt(np.mean(sound**2)) for sound in sounds]
    assert max(levels) / min(levels) < 1.02


def test_the_key_finds_every_clip_again(page, contest):
    key = read_json(page / "key.json")
    clips, _ = shuffled(contest)
    makers = {each.name: each for each in contest.contestants}

    assert len(key["clips"]) == 9
    for blinded in clips:
        entry = key["clips"][blinded.label]
        original = makers[entry["contestant"]].clips[entry["clip"]][: len(blinded.clip)]
        scale = np.dot(blinded.clip, original) / np.dot(original, original)
        np.testing.assert_allclose(blinded.clip, scale * original, atol=1e-5)


def test_the_order_follows_the_seed_and_mixes_the_makers(contest):
    def makers(seed):
        _, key = shuffled(dataclasses.replace(contest, seed=seed))
        return [entry["contestant"] for entry in key.values()]

    assert makers(0) == makers(0)
    assert makers(0) != makers(1)
    assert makers(0) != sorted(makers(0))
