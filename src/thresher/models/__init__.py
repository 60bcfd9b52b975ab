"""The catalogue of model families: adding one is one folder and one line here."""

import difflib

from thresher.errors import ThresherError
from thresher.models.amp import FAMILY as AMP
from thresher.models.ddsp import FAMILY as DDSP
from thresher.models.drums import FAMILY as DRUMS
from thresher.models.family import Family
from thresher.models.samplernn import FAMILY as SAMPLERNN
from thresher.models.wavenet import FAMILY as WAVENET

FAMILIES: tuple[Family, ...] = (SAMPLERNN, WAVENET, DDSP, AMP, DRUMS)


def family_named(name: str) -> Family:
    """The family of that name.

    Raises:
        ThresherError: there is none, naming the nearest.
    """
    for family in FAMILIES:
        if family.name == name:
            return family
    names = [family.name for family in FAMILIES]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    raise ThresherError(f"unknown family '{name}'", hint=near[0] if near else None)
