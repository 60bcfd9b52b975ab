"""The one error a user of Thresher ever sees."""

import unicodedata
from pathlib import Path


def printable(text: str) -> str:
    r"""Text from outside (titles, file names), unable to steer a terminal.

    >>> print(printable("tape\x1b[2J 海\n2"))
    tape\x1b[2J 海\n2
    """
    return "".join(
        c if c.isprintable() or unicodedata.category(c) == "Zs" else repr(c)[1:-1] for c in text
    )


class ThresherError(Exception):
    """What is wrong, where we looked, and what to do next.

    Rooms raise it; only the command line and the studio catch it. ``problem`` is one
    sentence with the offending values in it, ``looked_at`` a path (or what stands for
    one), ``hint`` the next thing to try.

    >>> print(ThresherError("corpus 'drums' is empty", looked_at="corpora/drums", hint="add files"))
    corpus 'drums' is empty
      looked at: corpora/drums
      try: add files
    """

    def __init__(
        self, problem: str, *, looked_at: str | Path | None = None, hint: str | None = None
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.looked_at = None if looked_at is None else str(looked_at)
        self.hint = hint

    def __str__(self) -> str:
        lines = [printable(self.problem)]
        if self.looked_at is not None:
            lines.append(f"  looked at: {printable(self.looked_at)}")
        if self.hint is not None:
            lines.append(f"  try: {printable(self.hint)}")
        return "\n".join(lines)
