"""The page of a subject, from its settings, its network and what is measured on real sound."""

import importlib.resources
import json
from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from thresher.explain.amplifier import amplified_again
from thresher.explain.computation import computation, memory_sentence, plan_data, weights_of
from thresher.explain.excerpt import Excerpt
from thresher.explain.hearing import Heard, hear, rely
from thresher.explain.inside import activity_section, filters_section, reliance_section
from thresher.explain.instrument import play_again
from thresher.explain.odds import loss_section, odds_data, playing_section
from thresher.explain.reasons import notes_of, settings_section
from thresher.explain.representation import representation
from thresher.explain.separated import drums_taken_out
from thresher.explain.subject import Subject
from thresher.explain.wording import amount
from thresher.models.anatomy import Coded
from thresher.pages import Section, write_page


def explain_page(
    path: Path, subject: Subject, excerpt: Excerpt, tell: Callable[[str], None] = lambda said: None
) -> None:
    """Write the page; ``tell`` hears what is under way.

    Raises:
        ThresherError: the folder cannot be written, or the disk is full.
    """
    tell(f"hearing {excerpt.said}")
    heard = hear(subject.family, subject.listener, excerpt)
    sections = [Section("What the network computes", computation(subject))]
    if isinstance(subject.config, Coded):
        sections.insert(0, Section("Sound as numbers", representation(excerpt, subject.config)))
    played = play_again(subject.family, subject.listener, excerpt)
    if played is not None:
        tell("playing it again")
        sections.insert(0, Section("Recorded and played again", played))
    amplified = amplified_again(subject.family, subject.listener, excerpt)
    if amplified is not None:
        sections.insert(0, Section("Recorded and amplified again", amplified))
    taken_out = drums_taken_out(subject.family, subject.listener, excerpt)
    if taken_out is not None:
        sections.insert(0, Section("Taken out of the mix", taken_out))
    if heard is not None:
        sections += [
            Section("What the loss sees", loss_section(heard, subject.listener, excerpt)),
            Section("How it plays", playing_section(heard, subject.listener)),
        ]
        tell("following gradients back")
        sections.append(Section("Inside", _inside(subject, heard, excerpt)))
    sections.append(Section("Every setting", settings_section(subject.groups)))
    notes = notes_of(subject.family)
    if notes:
        sections.append(Section("Notes", notes))
    tell("drawing")
    write_page(
        path,
        title=subject.title,
        lead=_lead(subject),
        sections=sections,
        scripts=_scripts(subject, heard, excerpt),
    )


def _inside(subject: Subject, heard: Heard, excerpt: Excerpt) -> Markup:
    listener = subject.listener
    return Markup("\n").join(
        [
            reliance_section(rely(subject.family, listener, excerpt), listener, excerpt),
            activity_section(heard, listener, excerpt),
            filters_section(subject.family, listener, excerpt),
        ]
    )


def _lead(subject: Subject) -> str:
    return (
        f"{subject.family.summary} {amount(weights_of(subject))} weights; it hears back: "
        f"{memory_sentence(subject)}."
    )


def _scripts(subject: Subject, heard: Heard | None, excerpt: Excerpt) -> list[str]:
    odds = None if heard is None else odds_data(heard, subject.listener, excerpt)
    data = json.dumps({"plan": plan_data(subject, excerpt), "odds": odds})
    folder = importlib.resources.files("thresher.explain")
    files = ("plan.js", "odds.js")
    return [f"const EXPLAINED = {data};", *((folder / f).read_text("utf-8") for f in files)]
