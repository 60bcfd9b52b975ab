"""thresher.explain.catalogue: every setting of every room and family has an answer."""

import inspect

import pytest

from thresher.errors import ThresherError
from thresher.explain.catalogue import answer, config_classes, settings_of, topics
from thresher.models import FAMILIES
from thresher.settings import explanations

KEYS = [f"{topic.name}.{e.name}" for topic in topics() for e in explanations(topic.config)]


def test_families_come_first_and_every_class_is_a_topic():
    found = topics()
    assert [topic.name for topic in found[: len(FAMILIES)]] == [f.name for f in FAMILIES]
    assert {topic.config for topic in found} == set(config_classes())
    assert {"corpus", "training", "generation", "curation", "art", "release", "album"} <= {
        topic.name for topic in found
    }
    assert all(inspect.getdoc(topic.config) for topic in found)


def test_no_two_settings_answer_to_one_name():
    assert len(set(KEYS)) == len(KEYS)


def test_every_setting_answers_with_its_reason_and_source():
    for key in KEYS:
        told = answer(key)
        assert len(told.setting.why) > 10, key
        assert told.setting.source, key


def test_presets_that_choose_otherwise_are_named():
    told = dict(answer("samplernn.frame_sizes").others)
    assert told["preset prism"] == (16, 64)
    assert "preset mehri2" not in told


def test_what_families_train_with_is_named_with_the_setting():
    told = dict(answer("training.learning_rate").others)
    assert told["samplernn small"] == 1.5e-3


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("wavenet.dilation", "wavenet.dilations"),
        ("samplernn.frame_size", "samplernn.frame_sizes"),
        ("trainng.learning_rate", "training.learning_rate"),
        ("corpus.windows_seconds", "corpus.window_seconds"),
    ],
)
def test_an_unknown_setting_names_the_nearest(asked, meant):
    with pytest.raises(ThresherError, match=asked) as caught:
        answer(asked)
    assert caught.value.hint == f"thresher explain {meant}"


def test_a_room_is_found_by_its_name():
    [topic] = settings_of("training")
    assert topic.config.__name__ == "TrainingConfig"
    both = {topic.config.__name__ for topic in settings_of("curation")}
    assert both == {"CurationConfig", "MapConfig"}
    assert settings_of("nowhere") == []
