"""One WaveNet stream on two cores: every sample is shared between them.

Twin: one core alone, to the last bit: every sum is made in the same order, by one core or by
the other. The layers follow one another, so the leader plays them alone; meanwhile the second
core makes most of the skip product, a few layers behind, and both then share the rows of what
is left. Four times a sample one waits for the other: a tenth of a microsecond where the cores
share a cache, several where they do not.
"""

import numpy as np
from numba import njit

from thresher.kernels.activations import rectify
from thresher.kernels.compiling import compiled
from thresher.kernels.handover import publish, wait_for
from thresher.kernels.product import PADDED, ROW_AT, one_lane_part
from thresher.kernels.wavenet_stack import first, layers_between
from thresher.kernels.wavenet_step import draw_letters, remember, steered

LAYERS, LEAD_SKIP, LEAD_HEAD, SECOND_SKIP, SECOND_HEAD, SECOND_OUT = range(6)
"""Places of the counters: what the leader has done, and what the second core has."""

PLACES = 6

AT_ONCE = 5
"""Layers between two words of the leader: fewer would make it talk, more make the other wait."""


@compiled
def lead(w, state, room, steer, chance, cool, letters, count, counters, shares):
    """The leader's part of ``count`` samples.

    Args:
        w: WaveNetWeights, packed for one lane.
        state: WaveNetState; moves on.
        room: WaveNetRoom, the same that `follow` gets.
        steer: as of `thresher.kernels.wavenet_step.play_wavenet`, and so are the next three.
        chance: uniform numbers.
        cool: of the one lane.
        letters: int32 [count].
        count: samples.
        counters: int64 zeros [PLACES * PLACE].
        shares: int64 [3]: rows of the skip, head and output products that are the leader's;
            multiples of `COLUMN`.
    """
    drawn = letters[:1].copy()
    for t in range(count):
        steered(w, state, room, steer, t, 1)
        _described(w, state, room, t, counters, shares)
        draw_letters(w, room, 1, cool, chance, t, drawn)
        remember(w, state.past, 1, drawn)
        letters[t] = drawn[0]


@njit(error_model="numpy")
def _described(w, state, room, t, counters, shares):
    """The leader's part of describing sample t of a burst."""
    layers, wide = len(w.main.dilations), w.main.skips
    first(w.main, room.main, state.past, 1)
    ring = np.int64(0)
    for layer in range(0, layers, AT_ONCE):
        end = min(layer + AT_ONCE, layers)
        ring = layers_between(w.main, state.main, room.main, 1, layer, end, ring)
        publish(counters, LAYERS, t * layers + end)
    main, said = w.main.matrices, layers * w.main.gates
    _rows(main, 2 * layers - 1, 0, shares[0], 0, said, room.main.gated, room.main.skip)
    rectify(room.main.skip, shares[0])
    publish(counters, LEAD_SKIP, t + 1)
    wait_for(counters, SECOND_SKIP, t + 1)
    _rows(w.head, 0, 0, shares[1], 0, wide, room.main.skip, room.head)
    rectify(room.head, shares[1])
    publish(counters, LEAD_HEAD, t + 1)
    wait_for(counters, SECOND_HEAD, t + 1)
    _rows(w.head, 1, 0, shares[2], 0, wide, room.head, room.described)
    wait_for(counters, SECOND_OUT, t + 1)


@compiled
def follow(w, room, count, counters, shares):
    """The second core's part of ``count`` samples; arguments as of `lead`."""
    layers, D, m, wide = len(w.main.dilations), w.main.gates, w.main.matrices, w.main.skips
    skip = 2 * layers - 1
    skips, heads, outs = m.table[skip, PADDED], w.head.table[0, PADDED], w.head.table[1, PADDED]
    said, gated = room.main.skip, room.main.gated
    for t in range(count):
        for layer in range(0, layers, AT_ONCE):
            end = min(layer + AT_ONCE, layers)
            wait_for(counters, LAYERS, t * layers + end)
            _rows(m, skip, shares[0], skips, layer * D, (end - layer) * D, gated, said)
        rectify(said[shares[0] :], skips - shares[0])
        publish(counters, SECOND_SKIP, t + 1)
        wait_for(counters, LEAD_SKIP, t + 1)
        _rows(w.head, 0, shares[1], heads, 0, wide, said, room.head)
        rectify(room.head[shares[1] :], heads - shares[1])
        publish(counters, SECOND_HEAD, t + 1)
        wait_for(counters, LEAD_HEAD, t + 1)
        _rows(w.head, 1, shares[2], outs, 0, wide, room.head, room.described)
        publish(counters, SECOND_OUT, t + 1)


@njit(error_model="numpy")
def _rows(m, number, rows_from, rows_to, column, columns, inputs, outputs):
    """Some rows of a product, over some columns: the first begins at the bias."""
    if rows_to <= rows_from:
        return
    start, s_at = (m.bias, m.table[number, ROW_AT]) if column == 0 else (outputs, np.int64(0))
    one_lane_part(m, number, rows_from, rows_to, column, columns, inputs, start, s_at, outputs)
