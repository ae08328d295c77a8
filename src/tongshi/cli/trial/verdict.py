"""What a trial found: one line a promise, and figures."""

import json
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tongshi.errors import Error


class Broken(Exception):
    """A promise does not hold; the text says what was found instead."""


def hold(promise: object, found: str) -> None:
    """Raise Broken with what was *found* unless *promise* is true."""
    if not promise:
        raise Broken(found)


@dataclass(frozen=True, slots=True)
class Check:
    """One promise: its name, whether it held, and what was seen."""

    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Verdict:
    """All checks of one trial, in order.

    figures: name -> value; the name ends with the unit.
    """

    checks: list[Check] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether something was checked and everything held."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_object(self) -> dict[str, object]:
        """Return the object that ``--json`` prints."""
        checks = [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in self.checks]
        return {"ok": self.ok, "checks": checks, "figures": self.figures}

    def as_json(self) -> str:
        """Return :meth:`as_object` as indented JSON."""
        return json.dumps(self.as_object(), ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """Return a table for people."""
        rows = [f"{'ok  ' if one.ok else 'FAIL'} {one.name:24} {one.detail}" for one in self.checks]
        rows += [f"     {name:32} {value:g}" for name, value in self.figures.items()]
        return "\n".join(rows)

    def arrange(self, names: Sequence[str]) -> None:
        """Put the checks in the order of *names*, others first: those made aside mix."""
        places = {name: place for place, name in enumerate(names)}
        self.checks.sort(key=lambda check: places.get(check.name, -1))

    @asynccontextmanager
    async def check(self, name: str) -> AsyncIterator[Callable[[str], None]]:
        """Record what happens inside as one check; the value takes what was seen.

        A broken promise, an error of the tree or of the system, or an answer that is not of the
        agreed shape fails the check, and the trial goes on.
        """
        seen: list[str] = []
        began = time.monotonic()
        try:
            yield seen.append
        except (Broken, Error, OSError, LookupError, TypeError, ValueError) as error:
            # Where it came from, because only a broken promise tells that in its own words.
            place = traceback.extract_tb(error.__traceback__)[-1].name
            told = str(error) if isinstance(error, Broken) else f"{place}: {error!r}"
            self.checks.append(Check(name, False, told))
        else:
            self.checks.append(Check(name, True, "; ".join(seen)))
        self.figures[f"{name}_s"] = round(time.monotonic() - began, 2)
