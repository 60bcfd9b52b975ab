"""Numbers and names as people read them."""

from collections.abc import Iterable, Sequence


def signed(number: float, *, plus: bool = False) -> str:
    """One decimal, with a real minus sign.

    >>> signed(-14.04), signed(3.2, plus=True)
    ('−14.0', '+3.2')
    """
    return f"{number:{'+' if plus else ''}.1f}".replace("-", "−")


def clock(seconds: float) -> str:
    """A duration as players show it.

    >>> clock(3671.6), clock(59.4)
    ('1:01:12', '0:59')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """A length of time in the unit a reader would choose.

    >>> duration(4.25), duration(810.0), duration(36_000.0)
    ('4.2 s', '13.5 minutes', '10.0 hours')
    """
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} minutes" if seconds < 6000 else f"{seconds / 3600:.1f} hours"


def listed(names: Sequence[str]) -> str:
    """Names as in a sentence, the fifth and later counted."""
    shown = [*names[:4], f"{len(names) - 4} more"] if len(names) > 5 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def unique(names: Iterable[str]) -> list[str]:
    """Names in order of appearance, each once, the empty ones left out."""
    return list(dict.fromkeys(name for name in names if name))
