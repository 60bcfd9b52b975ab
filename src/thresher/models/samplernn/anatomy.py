"""A SampleRNN's insides as plain data, and its odds of real samples."""

from collections.abc import Iterator, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from thresher.audio.quantise import silence_code
from thresher.models.anatomy import Anatomy, Filters, Listening, Part, Reads, Row, Shape
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleLevel, SampleRNN, Tier
from thresher.models.samplernn.steering import frame_centres, rows_at


def samplernn_shape(config: SampleRNNConfig) -> Shape:
    """Samples, the tiers from the slowest to the fastest, the sample level."""
    rows = [Row("samples", 1, ())]
    above: tuple[Reads, ...] = ()
    for index, size in reversed(list(enumerate(config.frame_sizes))):
        here = len(rows)
        reads = (Reads(0, 1, 1, size), Reads(here, size), *above)
        rows.append(Row(f"tier {index + 2}", size, reads, f"network.tiers.{index}"))
        above = (Reads(here, 0),)
    rows.append(Row("output", 1, (Reads(0, 1, 1, config.window), *above)))
    return Shape(tuple(rows), tuple(_parts(config)))


def _parts(config: SampleRNNConfig) -> Iterator[Part]:
    S, F = config.sample_width, config.frame_sizes
    level = "network.sample_level"
    for index, size in reversed(list(enumerate(F))):
        first, memory, spread = _tier_macs(config, index)
        tier, name = f"network.tiers.{index}", f"tier {index + 2}"
        reading = (f"{tier}.lift*", f"{tier}.artist.*", f"{tier}.local.*")
        if first or config.artists or config.local_channels:
            yield Part(
                f"{name}: reading", "lifts a frame to the tier's width", reading, first / size
            )
        yield Part(
            f"{name}: memory",
            f"hears a frame of {size} samples and remembers",
            (f"{tier}.layers.*", f"{tier}.skip*", f"{tier}.start"),
            memory / size,
        )
        yield Part(
            f"{name}: spreading", "steers the faster level", (f"{tier}.spread.*",), spread / size
        )
    embedded = F[0] * config.embedding_dim * S
    yield Part("embedding", "a learned row per code", (f"{level}.embedding",), 0)
    yield Part("gathering", "joins the last samples' rows", (f"{level}.gather.*",), embedded)
    yield Part(
        "sample level",
        "weighs them with what the tiers say",
        (f"{level}.mix*", f"{level}.hidden*"),
        2 * S * S,
    )
    yield Part("output", "the odds", (f"{level}.out*",), S * config.levels)


def _tier_macs(config: SampleRNNConfig, index: int) -> tuple[int, int, int]:
    """Per frame: reading it, remembering, spreading; as `SampleRNNConfig.macs_per_sample`."""
    S, H, F = config.sample_width, config.dim, config.frame_sizes
    projected = config.input_projection or index < len(F) - 1
    first = H if projected else F[index]
    inner = H + (first if config.skips else 0)
    gates = 3 if config.cell == "gru" else 4
    memory = gates * H * (first + H + (config.layers - 1) * (inner + H))
    memory += config.layers * H * H if config.skips else 0
    below = F[index - 1] if index else 1
    return F[index] * H if projected else 0, memory, F[index] // below * H * (H if index else S)


def samplernn_listen(
    networks: Mapping[str, nn.Module], config: SampleRNNConfig, listening: Listening
) -> Float[Tensor, "wanted levels"]:
    """Log chance of every code for the last samples, from an initial state at the first."""
    network = networks["network"]
    assert isinstance(network, SampleRNN)
    soft, before = _whole_frames(listening, config)
    overlap, wanted, window = config.overlap, listening.wanted, config.window
    heights = soft @ network.scaled(torch.arange(config.levels)).to(soft.dtype)
    state = network.initial_state(1, torch.Generator().manual_seed(0))
    artists = soft.new_full((1, len(config.artists)), 1 / max(1, len(config.artists)))
    local = _local(listening, overlap - before, len(soft) - overlap, config)
    out, _ = network.hear_heights(heights[None], state, artists if config.artists else None, local)
    fastest, level = network.tiers[0], network.sample_level
    assert isinstance(fastest, Tier)
    steer = fastest.spread_over(out, fastest.spread())[0, -wanted:]
    return functional.log_softmax(_odds(level, soft[-wanted - window : -1], steer), dim=1)


def _odds(
    level: SampleLevel, soft: Float[Tensor, "past levels"], steer: Float[Tensor, "wanted S"]
) -> Float[Tensor, "wanted levels"]:
    """The sample level without its table, whose rows only whole codes can pick."""
    windows = (soft @ level.embedding).unfold(0, level.window, 1).transpose(1, 2)
    gathered = functional.linear(windows.flatten(1), level.gather()) + steer
    return level.odds(functional.linear(gathered, level.mix()))


def _whole_frames(listening: Listening, config: SampleRNNConfig) -> tuple[Tensor, int]:
    """Silence before the first sample, so that the slowest tier reads whole frames; its length."""
    size = config.overlap
    before = size + -len(listening.soft) % size
    silence = listening.soft.new_zeros(before, listening.soft.shape[1])
    silence[:, silence_code(config.quantiser, config.levels)] = 1
    return torch.cat([silence, listening.soft]), before


def _local(
    listening: Listening, start: int, samples: int, config: SampleRNNConfig
) -> Float[Tensor, "1 rows channels"] | None:
    if listening.frames is None or not config.local_channels:
        return None
    centres = frame_centres(start, samples, config.overlap)
    rows = rows_at(listening.frames, config.local_hop, centres)
    return torch.from_numpy(rows).to(listening.soft.dtype)[None]


def samplernn_filters(
    networks: Mapping[str, nn.Module], config: SampleRNNConfig
) -> tuple[Filters, ...]:
    """What the tiers read out of a frame, and the embedding's channels."""
    network = networks["network"]
    assert isinstance(network, SampleRNN)
    found = []
    for index, tier in enumerate(network.tiers):
        assert isinstance(tier, Tier)
        if tier.lift is not None:
            values = tier.lift().detach().float().numpy()
            found.append(Filters(f"tier {index + 2}, its frame", "samples", values))
    embedding = network.sample_level.embedding.detach().float().numpy()
    return (*found, Filters("embedding", "codes", embedding.T))


ANATOMY = Anatomy(shape=samplernn_shape, listen=samplernn_listen, filters=samplernn_filters)
