"""Numbers and settings as people say them."""

from typing import Any


def shown(value: Any) -> str:
    """A setting's value; long rows that repeat themselves are folded.

    >>> shown((1, 2, 4, 8, 16, 32, 64) * 3), shown((16, 64)), shown(True), shown(()), shown("")
    ('1, 2, 4 … 64, three times over', '16, 64', 'yes', 'none', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return _row(tuple(value)) if value else "none"
    if value is None or value == "":
        return "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def amount(number: float | int) -> str:
    """A large number in a few figures.

    >>> amount(1_468_416), amount(96.5), amount(0), amount(6_200_000_000)
    ('1.47 M', '96.5', '0', '6.2 G')
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def duration(seconds: float | int) -> str:
    """A length of sound.

    >>> duration(0.3198), duration(3.07), duration(0.00013)
    ('320 ms', '3.1 s', '0.13 ms')
    """
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"


_TIMES = {2: "twice over", 3: "three times over", 4: "four times over", 5: "five times over"}


def _row(values: tuple[Any, ...]) -> str:
    n = len(values)
    period = next(p for p in range(1, n + 1) if n % p == 0 and values == values[:p] * (n // p))
    once, times = values[:period], n // period
    folded = [*map(str, once)]
    if len(once) > 5:
        folded = [*folded[:2], f"{folded[2]} … {folded[-1]}"]
    said = ", ".join(folded)
    return said if times == 1 else f"{said}, {_TIMES.get(times, f'{times} times over')}"
