"""Statements of the literature as small files: run, measured, decided."""
