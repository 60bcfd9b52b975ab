"""Classic synthesizers as pure functions: controls in, sound out, gradients all the way back.

Controls come in frames: frame t sits at sample ``t * hop``, and T frames make ``T * hop``
samples. Everything is batched, runs on CPU and GPU, and counts phase in float64. Nothing
draws random numbers: noise is an input.

To play a few frames at a time, every synthesizer has a ``..._from`` form. It takes what was
carried over (a phase per oscillator, or the tail still ringing; None at the beginning) and
T + 1 frames. The last is only looked at, because sound glides towards it, and comes again as
the first of the next call. Back come the sound of T frames and what to carry on. The plain
form is one such call with the last frame held, so blocks equal the whole:

- `harmonic.harmonic_from`, `fm.fm_from`, `modulation.am_from`, `modulation.ring_from`: carry
  phases, radians in float64;
- `six_operators.six_operators_from`: carries six phases;
- `noise.filtered_noise_from`: carries the tail of the filters; its T + 1 frames of noise end
  with the next frame's (zeros at the very end);
- `reverb.reverberate_from`: carries the tail of the room; samples, not frames.
"""
