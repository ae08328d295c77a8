"""SSRCs as ``y=`` writes them, leased to owners.

Ten digits: 0 live or 1 history; digits 4 to 8 of the platform's id; a number.

Source: GB/T 28181-2022 annex G (y=).
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import Exhausted, Invalid

_LAST = 9999


class Kind(Enum):
    """The first digit."""

    LIVE = "0"
    HISTORY = "1"
    """Playback and download."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An SSRC in use.  owner: whose, in the words of who leased it."""

    ssrc: str
    owner: str


class SsrcPool:
    """The SSRCs of one platform: 9,999 of each kind.

    domain_id: the platform's id, or its domain; digits 4 to 8 count.
    A number that came back is leased again only after all that never were, so that late packets
    of an old stream do not meet a new one.
    """

    def __init__(self, domain_id: str) -> None:
        if len(domain_id) < 8 or not domain_id.isascii() or not domain_id.isdigit():
            raise Invalid(f"not a platform's id: {domain_id!r}")
        self._middle = domain_id[3:8]
        self._leased: dict[str, Lease] = {}
        self._fresh = dict.fromkeys(Kind, 1)
        self._returned: dict[Kind, deque[int]] = {kind: deque() for kind in Kind}

    def lease(self, kind: Kind, owner: str) -> str:
        """Return ten digits that nobody else has; raises Exhausted when none is left."""
        number = self._fresh[kind]
        if number <= _LAST:
            self._fresh[kind] += 1
        elif self._returned[kind]:
            number = self._returned[kind].popleft()
        else:
            raise Exhausted(f"all SSRCs of kind {kind.name} are leased", resource="ssrc")
        ssrc = f"{kind.value}{self._middle}{number:04}"
        self._leased[ssrc] = Lease(ssrc, owner)
        return ssrc

    def release(self, ssrc: str) -> bool:
        """Take back *ssrc*; False when it was not leased, as after a second release."""
        if self._leased.pop(ssrc, None) is None:
            return False
        self._returned[Kind(ssrc[0])].append(int(ssrc[6:]))
        return True

    def owner(self, ssrc: str) -> str | None:
        """Return who has *ssrc*; None when nobody."""
        lease = self._leased.get(ssrc)
        return lease.owner if lease else None

    def leased(self) -> tuple[Lease, ...]:
        """Return what is leased, oldest first."""
        return tuple(self._leased.values())


def number_of(ssrc: str) -> int | None:
    """Return the RTP SSRC that ten digits stand for; None when *ssrc* is empty, 0 or no number.

    Spaces and line ends around it are the field's; leading zeros do not count.
    """
    digits = ssrc.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        return None
    number = int(digits)
    return number if 0 < number <= 0xFFFFFFFF else None


def text_of(number: int) -> str:
    """Return *number* as ten digits."""
    return f"{number:010}"
