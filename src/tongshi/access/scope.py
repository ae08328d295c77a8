"""Which cameras somebody may know of, or has a right to: one value that every query takes.

It is grants compiled for one person, one right and one minute.  Lists, counts, tree and search
turn it into SQL in one function, ``access.store.visible``; `Scope.sees` says the same of one
camera.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tongshi.access.cell import Cell, Placed, place
from tongshi.access.cover import Cover, Key, Shape, is_broad, spread
from tongshi.access.grant import Camera, Grant, Party, Selector, Wish
from tongshi.errors import Missing

NOBODY = Cover()


@dataclass(frozen=True, slots=True)
class Scope:
    """What is visible: what is allowed without what is denied.  ``Scope()`` is nothing.

    everything: without exception.  placed: the same for cameras whose cell is known.
    made: conditions that were made of it, so that a statement does not make them again.
    """

    everything: bool = False
    allowed: Cover = NOBODY
    denied: Cover = NOBODY
    placed: Placed | None = None
    made: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def by_cells(self, cells: Sequence[Cell]) -> "Scope":
        """Return the same scope, told by cells as well; all that there are, in their order."""
        if self.everything or self.allowed.empty:
            return self
        return replace(self, placed=place(self.allowed, self.denied, cells), made={})

    def sees(self, camera: Camera) -> bool:
        """Say whether *camera* is in it; agrees with the SQL."""
        if self.everything:
            return True
        return self.allowed.holds(camera) and not self.denied.holds(camera)


NOTHING = Scope()
EVERYTHING = Scope(everything=True)


def no_camera(device_id: str, channel_id: str = "") -> Missing:
    """Return the error for a camera or device that is not there, or not for this asker."""
    if not channel_id or channel_id == device_id:
        return Missing(f"no such device: {device_id[:64]!r}")
    return Missing(f"no such channel: {channel_id[:64]!r} of {device_id[:64]!r}")


def compile_scope(grants: Iterable[Grant], party: Party, wish: Wish) -> Scope:
    """Return the cameras for which `decide` allows *wish*, for all at once."""
    allowed: list[Selector] = []
    denied: list[Selector] = []
    for grant in grants:
        if grant.subject not in party or not grant.answers(wish):
            continue
        (denied if grant.deny else allowed).append(grant.selector)
    yes, no = Cover.of(allowed), Cover.of(denied)
    if no.everything or yes.empty:
        return NOTHING
    return EVERYTHING if yes.everything and no.empty else Scope(False, yes, no)


class Book:
    """The grants of one party, found by camera: `decide` weighs only those about it.

    Pure and never changed; safe to use from any thread.
    """

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._always: list[Grant] = []
        self._groups: dict[Shape, dict[Key, list[Grant]]] = {}
        for grant in sorted(grants, key=lambda one: one.id):
            if grant.selector.everything or is_broad(grant.selector):
                self._always.append(grant)
                continue
            for shape, key in spread(grant.selector):
                self._groups.setdefault(shape, {}).setdefault(key, []).append(grant)

    def about(self, camera: Camera) -> list[Grant]:
        """Return the grants whose selectors may cover *camera*, each at least once."""
        found = list(self._always)
        for shape, keys in self._groups.items():
            for key in shape.keys(camera):
                found += keys.get(key, ())
        return found
