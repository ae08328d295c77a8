"""Forms made from message types: what a browser posted, as the plain values of a block.

A field's name is its path, as ``days.0.segments.2.start_hour``; lists are numbered with holes
allowed, because rows can be removed.  What was left blank is left out.
"""

from collections.abc import Iterable, Mapping, Sequence

from tongshi.api.text import Words
from tongshi.gb28181.manscdp.check import Fault
from tongshi.gb28181.manscdp.schema import Row

DEEPEST = 6
"""Steps of a path at the most."""
MOST = 3000
"""Fields of a form at the most: a week's recording plan has about a third of it."""

Tree = dict[str, "Tree | str"]
Plain = dict[str, object]


def unflatten(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Return fields with paths as a tree; the first of a name counts, blank ones are left out.

    A path that runs through a value, or is too deep, is as if it were not there.
    """
    tree: Tree = {}
    for path, text in pairs:
        steps = path.split(".")
        if text.strip() and all(steps) and len(steps) <= DEEPEST:
            _put(tree, steps, text.strip())
    return tree


def plain_of(tree: Tree, rows: Sequence[Row]) -> Plain:
    """Return what *tree* says of *rows*, as `schema.build` takes it; the rest is passed over."""
    found: Plain = {}
    for row in rows:
        held = tree.get(row.name)
        if row.told or held is None:
            continue
        if not row.rows:
            found[row.name] = held if isinstance(held, str) else ""
        elif not isinstance(held, str):
            members = [plain_of(each, row.rows) for each in _members(held)] if row.many else []
            found[row.name] = members if row.many else plain_of(held, row.rows)
    return found


def value_at(plain: object, path: str) -> object:
    """Return the value at *path* of nested plain values; None when there is none."""
    for step in path.split("."):
        if isinstance(plain, Mapping):
            plain = plain.get(step)
        elif isinstance(plain, Sequence) and not isinstance(plain, str) and step.isdecimal():
            plain = plain[int(step)] if int(step) < len(plain) else None
        else:
            return None
    return plain


def name_of(path: str, rows: Sequence[Row], words: Words) -> str:
    """Return the titles of the fields along *path*; members of lists are counted from 1."""
    said: list[str] = []
    for step in path.split("."):
        if step.isdecimal() and said:
            said[-1] += f" {int(step) + 1}"
            continue
        row = next((row for row in rows if row.name == step), None)
        said.append(words.find(row.title) or row.wire if row is not None else step)
        rows = row.rows if row is not None else ()
    return " · ".join(said)


def tell_faults(faults: Iterable[Fault], rows: Sequence[Row], words: Words) -> list[str]:
    """Return a sentence for each fault."""
    return [
        words(
            f"fault.{fault.breach.value}", path=name_of(fault.path, rows, words), limit=fault.limit
        )
        for fault in faults
    ]


def _members(held: Tree) -> list[Tree]:
    """Return the members of a list in the order of their numbers."""
    numbers = sorted((name for name in held if name.isdecimal() and len(name) < 6), key=int)
    return [each for number in numbers if isinstance(each := held[number], dict)]


def _put(tree: Tree, steps: Sequence[str], text: str) -> None:
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if isinstance(below, str):
            return
        tree = below
    tree.setdefault(steps[-1], text)
