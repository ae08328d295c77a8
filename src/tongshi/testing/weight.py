"""How much memory a value holds, to find what grows."""

import sys
from collections import deque
from collections.abc import Iterator

_LEAVES = (str, bytes, bytearray, memoryview, int, float, complex, bool, type(None), type)
_CONTAINERS = (list, tuple, set, frozenset, deque)


def weigh(thing: object) -> int:
    """Return the bytes of *thing* and of all that it alone or with others refers to.

    Looked into are containers and instances of this project's classes; functions, modules and
    what belongs to the interpreter weigh nothing.
    """
    total = 0
    seen: set[int] = set()
    waiting = [thing]
    while waiting:
        held = waiting.pop()
        if id(held) in seen:
            continue
        seen.add(id(held))
        if isinstance(held, (*_LEAVES, *_CONTAINERS, dict)) or _is_ours(held):
            total += sys.getsizeof(held)
            waiting.extend(_inside(held))
    return total


def _is_ours(held: object) -> bool:
    return type(held).__module__.startswith("tongshi.")


def _inside(held: object) -> Iterator[object]:
    """Yield what *held* refers to."""
    if isinstance(held, _LEAVES):
        return
    if isinstance(held, dict):
        for key, value in held.items():
            yield key
            yield value
    elif isinstance(held, _CONTAINERS):
        yield from held
    if _is_ours(held):
        yield from vars(held).values() if hasattr(held, "__dict__") else ()
        for kind in type(held).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                inside = f"_{kind.__name__.lstrip('_')}{name}" if name.startswith("__") else name
                if hasattr(held, inside):
                    yield getattr(held, inside)
