"""What every default is for, and what a model does: pages and answers made from the code.

Nothing here knows a family: a page is built from settings, from the plan that a family tells
(`thresher.models.anatomy`) and from what is measured on real sound.
"""

from thresher.explain.catalogue import Answer, Topic, answer, settings_of, topics, unknown
from thresher.explain.excerpt import (
    Excerpt,
    default_excerpt,
    excerpt_of_corpus,
    excerpt_of_file,
)
from thresher.explain.page import explain_page
from thresher.explain.subject import Subject, family_subject, find_run, run_names, run_subject

__all__ = [
    "Answer",
    "Excerpt",
    "Subject",
    "Topic",
    "answer",
    "default_excerpt",
    "excerpt_of_corpus",
    "excerpt_of_file",
    "explain_page",
    "family_subject",
    "find_run",
    "run_names",
    "run_subject",
    "settings_of",
    "topics",
    "unknown",
]
