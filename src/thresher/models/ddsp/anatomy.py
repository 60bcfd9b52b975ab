"""An instrument's insides as plain data."""

from thresher.models.anatomy import Anatomy, Part, Reads, Row, Shape
from thresher.models.ddsp.config import DDSPConfig


def instrument_shape(config: DDSPConfig) -> Shape:
    """Parts and their work; sound is not predicted from sound, so there are no rows below it."""
    rows = (
        Row("pitch and loudness", config.hop, ()),
        Row("decoder", config.hop, (Reads(0, 0), *_memory(config))),
        Row("output", 1, (Reads(1, 0),)),
    )
    return Shape(rows, tuple(_parts(config)))


def _memory(config: DDSPConfig) -> tuple[Reads, ...]:
    if config.synthesizer == "fm6":
        return (Reads(0, config.hop, config.hop, config.past_frames),)
    return (Reads(1, config.hop),)


def _parts(config: DDSPConfig) -> list[Part]:
    decoder = _convolutions(config) if config.synthesizer == "fm6" else _recurrent(config)
    found = [*decoder]
    if config.z_width:
        found.append(
            Part("ear", "hears how a recording sounds", ("network.ear.*",), _ear_macs(config))
        )
    if config.reverb != "none":
        found.append(
            Part("room", "rings after every note", ("network.room.*",), float(config.reverb_taps))
        )
    return found


def _recurrent(config: DDSPConfig) -> list[Part]:
    W, G, L, hop = config.stack_width, config.gru_width, config.stack_layers, config.hop
    sizes = (1, 1, config.z_width) if config.z_width else (1, 1)
    unfolded = len(sizes) * W if L else sum(sizes)
    before = sum(_stack_macs(size, W, L) for size in sizes)
    after = _stack_macs(unfolded + G, W, L)
    last = W if L else unfolded + G
    parts = [
        Part("unfolding", "spreads each input out", ("network.decoder.stacks.*",), before / hop),
        Part(
            "memory",
            "remembers where in a phrase it is",
            ("network.decoder.gru.*",),
            3 * G * (unfolded + G) / hop,
        ),
        Part("joining", "weighs all of it", ("network.decoder.after.*",), after / hop),
        Part(
            "controls",
            "tells the synthesizer",
            ("network.decoder.out.*",),
            last * config.outputs / hop,
        ),
    ]
    return parts if L else [parts[1], parts[3]]


def _convolutions(config: DDSPConfig) -> list[Part]:
    C, n, hop = config.tcn_channels, len(config.tcn_dilations), config.hop
    inputs = 2 + config.z_width
    work = 3 * (inputs * C + (2 * n - 1) * C * C) + (inputs * C if inputs != C else 0)
    return [
        Part("convolutions", "hear the last moments", ("network.decoder.blocks.*",), work / hop),
        Part(
            "controls",
            "tells the synthesizer",
            ("network.decoder.out.*",),
            C * config.outputs / hop,
        ),
    ]


def _stack_macs(inputs: int, width: int, layers: int) -> int:
    return inputs * width + (layers - 1) * width * width if layers else 0


def _ear_macs(config: DDSPConfig) -> float:
    G = config.z_gru_width
    return (3 * G * (30 + G) + G * config.z_width) / 512


ANATOMY = Anatomy(shape=instrument_shape)
