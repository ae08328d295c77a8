"""How devices in the field deviate, as one table of behaviours that can be switched by name.

The table is what the command line, the documentation and the tests read; its rows stand in
``quirk_signalling``, ``quirk_messages``, ``quirk_media``, ``quirk_functions`` and ``quirk_faults``.
Where a behaviour is carried out stands in its layer: signalling in ``presence`` and ``disguise``,
XML in ``listing`` and ``wording``, sessions in ``calling``, ``reply`` and ``history``, RTP in
``rtpline``, PS in ``dress``, queries and control in ``telling`` and ``obeying``, notices in
``reporting``, talk in ``hearing``, uploads in ``errand``.

Sources are clauses of GB/T 28181-2022 unless they say otherwise, and who was seen to do it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tongshi.errors import Invalid
from tongshi.sim import (
    quirk_faults,
    quirk_functions,
    quirk_media,
    quirk_messages,
    quirk_signalling,
)
from tongshi.sim.quirk import Layer, Quirk

_TABLES = (
    quirk_signalling.ROWS,
    quirk_messages.ROWS,
    quirk_media.ROWS,
    quirk_functions.ROWS,
    quirk_faults.ROWS,
)

QUIRKS: dict[str, Quirk] = {row.name: row for table in _TABLES for row in table}
"""Every behaviour by name, in the order of the layers."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """A choice of behaviours; values hold the numbers of those that take one."""

    values: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> "Quirks":
        """Return the choice of *names*, each as ``name`` or ``name=number``; raises Invalid."""
        values: dict[str, float] = {}
        for text in names:
            name, equals, number = text.strip().partition("=")
            row = QUIRKS.get(name)
            if row is None:
                raise Invalid(f"unknown quirk {name!r}; there are {', '.join(QUIRKS)}")
            if equals and row.value is None:
                raise Invalid(f"quirk {name} takes no number")
            try:
                values[name] = float(number) if equals else row.value or 0.0
            except ValueError:
                raise Invalid(f"not a number: {text!r}") from None
        return cls(values)

    def __contains__(self, name: str) -> bool:
        """Whether the behaviour *name* is chosen; an unknown name is a defect here."""
        return QUIRKS[name].name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def value(self, name: str) -> float | None:
        """Return the number of *name*, None when it is not chosen."""
        return self.values.get(name)

    def within(self, layer: Layer) -> frozenset[str]:
        """Return the chosen names of one layer."""
        return frozenset(name for name in self.values if QUIRKS[name].layer is layer)

    @property
    def playable(self) -> bool:
        """Whether a picture must still come and move."""
        return all(QUIRKS[name].playable for name in self.values)

    @property
    def listed(self) -> bool:
        """Whether the catalog must still be complete."""
        return all(QUIRKS[name].listed for name in self.values)

    @property
    def online(self) -> bool:
        """Whether the device must still count as online."""
        return all(QUIRKS[name].online for name in self.values)


NONE = Quirks()
"""A device that does as the standard says."""
