"""How long a webhook waits after failures, and when a delivery is given up."""

FIRST = 5.0
"""After the first failure, s; doubled with each in a row."""
LONGEST = 3600.0
JITTER = 0.25
"""So much longer or shorter at the most, that receivers which failed together do not come back
to a crowd."""


def pause(failures: int, chance: float, first: float = FIRST) -> float:
    """Return s until the next attempt after so many *failures* in a row.

    chance: 0 to 1, drawn for each.  first: s after the first failure.
    """
    plain = min(first * 2.0 ** min(failures - 1, 20), LONGEST)
    return plain * (1 + JITTER * (2 * chance - 1))


def is_over(made_at: float, wall: float, patience: float) -> bool:
    """Say whether a delivery that just failed is given up.

    patience: s.  What waited longer than that behind others has one attempt of its own.
    """
    return wall - made_at >= patience
