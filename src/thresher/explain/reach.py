"""How far back a plan of rows reaches."""

from collections.abc import Sequence

from thresher.models.anatomy import Row


def reach(rows: Sequence[Row]) -> int | None:
    """Samples back from a predicted one to the oldest that it can depend on; None: no limit.

    Between two nodes the earlier one holds, so a slow row can be up to a step older.

    >>> from thresher.models.anatomy import Reads
    >>> first = Row("first", 1, (Reads(0, 1, 1, 2),))
    >>> reach([Row("samples", 1, ()), first, Row("dilation 4", 1, (Reads(1, 0, 4, 2),))])
    6
    """
    oldest: dict[int, int] = {len(rows) - 1: 0}
    for index in range(len(rows) - 1, 0, -1):
        if index not in oldest:
            continue
        back, row = oldest[index] + rows[index].step - 1, rows[index]
        for reads in row.reads:
            if reads.row == index:
                return None
            lag = back + reads.newest + (reads.nodes - 1) * reads.spacing
            oldest[reads.row] = max(oldest.get(reads.row, 0), lag)
    return oldest[0]
