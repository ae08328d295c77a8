"""A plug-in of pytest: which test proves which clause, by the marker ``clause``.

    TONGSHI_PROOFS=file python -m pytest --collect-only -q -p tongshi.testing.proofs

writes a line a pair of clause and test to the file.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

VARIABLE = "TONGSHI_PROOFS"
"""The environment variable that names the file."""


class Mark(Protocol):
    """A marker, as far as it is read here."""

    args: tuple[object, ...]


class Item(Protocol):
    """A collected test, as far as it is read here."""

    nodeid: str

    def iter_markers(self, name: str) -> Iterable[Mark]:
        """Yield its markers called *name*, its module's too."""


class Session(Protocol):
    """What pytest collected."""

    @property
    def items(self) -> Sequence[Item]:
        """The tests, in order."""


def pytest_collection_finish(session: Session) -> None:
    """Write the pairs; pytest calls this when everything has been collected."""
    lines = [
        f"{clause}\t{item.nodeid}\n"
        for item in session.items
        for mark in item.iter_markers("clause")
        for clause in mark.args
    ]
    Path(os.environ[VARIABLE]).write_text("".join(lines), "utf-8")
