"""Marks of cameras: class, sector, unit and tags, by which grants select beside the division."""

from collections.abc import Mapping, Sequence

from tongshi.errors import Invalid

KINDS = ("class", "sector", "unit", "tag")
SINGLE = frozenset({"class", "sector", "unit"})
"""Kinds of which a camera has one at the most."""
LONGEST = 64
MOST_TAGS = 32


def check_marks(marks: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return *marks* cleaned, by kind; a kind with nothing in it is taken away from the camera.

    Raises Invalid with every fault.
    """
    faults, checked = [], {}
    for kind, values in marks.items():
        cleaned = tuple(dict.fromkeys(" ".join(value.split()) for value in values))
        if kind not in KINDS:
            faults.append(f"there is no mark of the kind {kind[:20]!r}")
        elif len(cleaned) > (1 if kind in SINGLE else MOST_TAGS):
            faults.append(f"a camera has not so many marks of the kind {kind}")
        elif not all(value and len(value) <= LONGEST and value.isprintable() for value in cleaned):
            faults.append(f"a mark has 1 to {LONGEST} printable characters")
        checked[kind] = cleaned
    if faults or not marks:
        raise Invalid("these are no marks", faults=tuple(faults) or ("nothing is told",))
    return checked
