"""From a song's character and a seed to one picture: the decisions, then the drawing."""

import dataclasses
import os
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, UInt8

from thresher.art.character import Character
from thresher.art.compositions import (
    COMPOSITIONS,
    Composition,
    Framing,
    Painter,
    Plates,
    Scene,
    frame,
)
from thresher.art.config import ArtConfig
from thresher.art.fields import Plane, noise_tile, pattern_network
from thresher.art.lettering import Setting, compose, draw, free_room
from thresher.art.listening import Portrait
from thresher.art.palette import Mixing, choose_palette, fifths_hue
from thresher.art.press import Look, develop, expose, gamma_for, shrink

PREVIEW = 384
"""Pixels across of the proof from which exposure and the place of the type are decided."""
FINEST = 1024
"""No picture is sampled more coarsely: a smaller one is drawn at a multiple and shrunk."""

# What makes a song ask for a scheme; the first number is what it has from the start.
SCHEME_CALLS: dict[str, tuple[float, Mapping[str, float]]] = {
    "night": (0.5, {"mode": -0.3, "flatness": 0.2}),
    "dusk": (0.10, {"flatness": -0.5, "mode": 0.2}),
    "paper": (-0.15, {"centroid": 0.5, "dynamics": 0.3}),
    "poster": (0.0, {"loudness": 0.4, "onsets": 0.3}),
}


@dataclasses.dataclass(frozen=True)
class Design:
    """A cover before it has a size."""

    composition: str
    scheme: str
    seed: int
    scene: Scene
    framing: Framing
    look: Look
    setting: Setting | None
    config: ArtConfig

    def painter(self, size: int) -> Painter:
        """What paints it, with lines as fine as ``size`` pixels can show."""
        scene = dataclasses.replace(self.scene, pixel=2 / size)
        return COMPOSITIONS[self.composition].painter(scene, self.framing)

    def render(self, size: int) -> UInt8[np.ndarray, "{size} {size} 3"]:
        """Draw it ``size`` pixels wide."""
        inner = size * -(-FINEST // size) if size < FINEST else size
        effort = {"points": self.config.tile_points, "threads": _threads(self.config)}
        plates = expose(self.painter(inner), inner, **effort)
        lettering = None if self.setting is None else draw(self.setting, inner)
        sheet = develop(plates, self.look, self.scene.grit, lettering=lettering, **effort)
        return shrink(sheet, size)


def design(
    song: Portrait,
    character: Character,
    *,
    seed: int,
    artist: str = "",
    title: str = "",
    config: ArtConfig,
) -> Design:
    """Decide everything about a cover."""
    dice = np.random.default_rng([seed, int(song.fingerprint[:8], 16), 1])
    calls = {key: (one.base, one.calls) for key, one in COMPOSITIONS.items()}
    # Both are always drawn, so that naming one leaves the other as it was.
    asked = _called(calls, character, config.chance, dice)
    name: str = asked if config.composition == "auto" else config.composition
    asked = _called(SCHEME_CALLS, character, config.chance, dice)
    scheme: str = asked if config.scheme == "auto" else config.scheme
    composition = COMPOSITIONS[name]
    scene = _scene(song, character, seed, config)
    framing = Framing()
    if config.lettering:
        face = composition.face if config.face == "auto" else config.face
        free = free_room(
            artist,
            title,
            layout=composition.layouts[0],
            face=face,
            own_font=config.font,
            margin=config.safe_margin,
        )
        framing = frame(composition.subject, free)
    proof = expose(composition.painter(scene, framing), PREVIEW, points=2**17, threads=1)
    look = _look(scene, composition, scheme, proof, config)
    setting = None
    if config.lettering:
        setting = compose(
            artist,
            title,
            preview=develop(proof, look, scene.grit, points=2**17, threads=1),
            palette=look.palette,
            layouts=composition.layouts,
            face=face,
            own_font=config.font,
            margin=config.safe_margin,
            contrast_wanted=config.contrast,
        )
    return Design(
        composition=name,
        scheme=scheme,
        seed=seed,
        scene=scene,
        framing=framing,
        look=look,
        setting=setting,
        config=config,
    )


def _called(
    calls: Mapping[str, tuple[float, Mapping[str, float]]],
    character: Character,
    chance: float,
    dice: np.random.Generator,
) -> str:
    """The loudest call, each with some luck (Gumbel noise: a soft choice by a hard maximum)."""
    luck = dice.gumbel(size=len(calls)) * chance
    scores = {
        name: base + sum(weight * getattr(character, key) for key, weight in wants.items())
        for name, (base, wants) in calls.items()
    }
    return max(zip(scores, luck, strict=True), key=lambda pair: scores[pair[0]] + pair[1])[0]


def _scene(song: Portrait, character: Character, seed: int, config: ArtConfig) -> Scene:
    dice = np.random.default_rng([seed, int(song.fingerprint[:8], 16), 2])
    sigma = config.sigma_calm + (config.sigma_busy - config.sigma_calm) * character.detail
    channels = pattern_network(
        dice.standard_normal(8),
        character.features,
        folds=character.folds,
        sigma=sigma,
        layers=config.layers,
        width=config.width,
        symmetry=character.symmetry,
        rng=dice,
    )
    return Scene(
        portrait=song,
        character=character,
        channels=channels,
        smoke=noise_tile(dice, slope=1.7),
        grit=noise_tile(dice, slope=1.0),
        contour=_contour(song),
        pixel=2 / PREVIEW,
        seed=seed,
    )


def _contour(song: Portrait) -> Float32[np.ndarray, "bands columns"]:
    """Every band against its own mean, so that events show and not the spectrum's tilt."""
    level = song.spectrogram
    risen = (level - level.mean(1, keepdims=True)) / (level.std(1, keepdims=True) + 0.02)
    return np.asarray(np.clip(0.45 * level + 0.55 * (0.45 + 0.28 * risen), 0, 1), dtype=np.float32)


def _look(
    scene: Scene, composition: Composition, scheme: str, proof: Plates, config: ArtConfig
) -> Look:
    character, dice = scene.character, scene.dice(3)
    mixing = Mixing(
        hue=fifths_hue(scene.portrait.key),
        chroma=1 - 0.2 * character.flatness,
        warmth=character.mode,
        exposure=character.exposure,
        hardness=character.hardness,
    )
    printed = scheme in ("paper", "poster") and not composition.light
    angle = dice.uniform(0, 2 * np.pi)
    return Look(
        palette=choose_palette(scheme, light=composition.light, mixing=mixing),
        gamma=_gamma(scene, composition, scheme, proof.key),
        hardness=character.hardness,
        vignette=character.vignette,
        glow=0.0 if printed else 0.8,
        grain=config.grain,
        misregistration=(
            config.misregistration * float(np.cos(angle)),
            config.misregistration * float(np.sin(angle)),
        ),
        screen_pitch=config.screen_pitch if printed else 0.0,
    )


def _gamma(scene: Scene, composition: Composition, scheme: str, key: Plane) -> float:
    """Expose landscapes to the same mean, a little more for bright songs; ink stays ink."""
    if not composition.light:
        return 1.0
    # A white sky or a burning one is most of the sheet; a night is mostly night.
    mean = composition.mean * {"paper": 2.3, "poster": 1.5}.get(scheme, 1.0)
    return gamma_for(key, scene.character.hardness, mean * (1 + 0.25 * scene.character.exposure))


def _threads(config: ArtConfig) -> int:
    return config.threads or min(8, len(os.sched_getaffinity(0)))
