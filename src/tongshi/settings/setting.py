"""How one setting is declared: a field with what an operator is told of it."""

from dataclasses import field
from typing import TypeVar

_V = TypeVar("_V", str, int, float, bool)


def setting(
    default: _V,
    help: str,
    *,
    zh: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> _V:
    """Return a field with *default*, a line of help in both languages, a unit and bounds."""
    facts = {"help": help, "zh": zh, "unit": unit, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=facts)
