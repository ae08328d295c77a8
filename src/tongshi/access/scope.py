"""Which devices and channels somebody may know of: one value that every query takes.

A signed-in person sees everything, anybody else nothing.  Lists, counts, tree and search turn the
scope into SQL in one function, ``access.store.visible``.
"""

from dataclasses import dataclass

from tongshi.access.identity import Person


@dataclass(frozen=True, slots=True)
class Scope:
    """What is visible.  ``Scope()`` is nothing."""

    everything: bool = False

    def sees(self, device_id: str, channel_id: str = "") -> bool:
        """Say whether this device, or this channel of it, is visible; agrees with the SQL."""
        return self.everything and bool(device_id or channel_id)


NOTHING = Scope()
EVERYTHING = Scope(everything=True)


def scope_of(person: Person | None) -> Scope:
    """Return what *person* may know of; None is nobody."""
    return NOTHING if person is None or person.disabled else EVERYTHING
