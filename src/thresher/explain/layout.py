"""Widths at which a drawing can be read on a phone and does not shout on a desk."""

from markupsafe import Markup

COLUMN_INCHES = 5.6
"""Of a figure that stands alone; smaller ones stand side by side."""


def column(figure: Markup) -> Markup:
    """A drawing no wider than a column of text.

    >>> column(Markup("<figure></figure>"))
    Markup('<div style="max-width: 40rem"><figure></figure></div>')
    """
    return Markup('<div style="max-width: 40rem">{}</div>').format(figure)
