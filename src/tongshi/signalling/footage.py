"""One try to have a device send footage: an upstream that asks for the past.

Sources: GB/T 28181-2022 9.8, 9.9, annexes G and L.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tongshi.errors import Error, PeerRefused, PeerSilent
from tongshi.gateway.engine import Footage, Receive, Transport
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.ssrc import Kind as Digit
from tongshi.signalling.event import SessionKey
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.upstream import Attempt, Means, Way, next_way

LONGEST = 24 * 3600.0
"""Of the footage in one session, s."""
_EXPLAINED = {
    403: "the device does not let this platform see its recordings",
    404: "nothing is recorded there",
    486: "the recorder plays back as much as it can at once",
    488: "the recorder does not have what was asked for, mostly for want of a recording",
    503: "the recorder plays back as much as it can at once",
}
_SLOWER = frozenset({400, 415, 488, 606})


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    since, until: whole seconds of UNIX time.  purpose: PLAYBACK or DOWNLOAD.  speed: of a
    download, None to leave it to the device.  file: see ``tongshi.gateway.engine.Footage``.
    """

    since: int
    until: int
    purpose: Purpose
    speed: int | None = None
    file: str = ""


class FootageAttempt(Attempt):
    """An attempt whose INVITE asks for the past."""

    def __init__(
        self,
        key: SessionKey,
        neighbour: Neighbour,
        way: Way,
        means: Means,
        on_end: Callable[[str], None],
        order: Order,
        profile: Profile,
    ) -> None:
        super().__init__(key, neighbour, way, means, on_end)
        self.order = order
        self._profile = profile

    def _lease(self) -> None:
        ssrcs = self._means.ssrcs
        leased = ssrcs.lease(Digit.HISTORY, self.stream)
        self._held.callback(ssrcs.release, leased)
        downloads = self.order.purpose is Purpose.DOWNLOAD
        digit = self._profile.download_digit if downloads else 1
        self.ssrc = f"{digit}{leased[1:]}"

    def _order(self) -> Receive:
        order = self.order
        footage = Footage(float(order.since), float(order.until), order.file)
        return replace(super()._order(), footage=footage)

    def _offer(self, port: int) -> Offer:
        order = self.order
        # Main stream and no line for it: a recorder has what it has recorded.
        return replace(
            super()._offer(port),
            purpose=order.purpose,
            resource=f"{self.key.channel_id}:0",
            start=order.since,
            end=order.until,
            stream=None,
            download_speed=order.speed,
        )


def next_try(attempt: FootageAttempt, error: Error) -> tuple[Way, Order] | None:
    """Return how to try once more after *error*, None when that is senseless.

    Beyond what holds for live streams: a download at a speed that the device may not know is
    asked for without one.
    """
    order = attempt.order
    if isinstance(error, PeerRefused) and error.status in _SLOWER and order.speed is not None:
        return attempt.way, replace(order, speed=None)
    if isinstance(error, PeerSilent) and error.stage == "connect":
        return Way(Transport.UDP, attempt.way.payloads), order  # it never connects
    way = next_way(attempt, error)
    return None if way is None else (way, order)


def explain(error: Error, order: Order) -> Error:
    """Return *error* in the words of footage, where its status has a meaning for it."""
    if not isinstance(error, PeerRefused) or error.stage != "invite":
        return error
    why = _EXPLAINED.get(error.status, "the device refused")
    return PeerRefused(f"{why}: {error}", status=error.status, stage=order.purpose.value.lower())
