"""Inner loops, compiled by Numba: arrays in, arrays out.

A kernel never sees a config, a module or a file. It computes what its slow twin in
``models/`` computes, and a test holds the two together.
"""
