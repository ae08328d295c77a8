"""The device's half of a voice broadcast: it takes the notice and asks for the sound.

Source: GB/T 28181-2022 9.12.1.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tongshi.gb28181.broadcast import G711A
from tongshi.gb28181.description import PCMA, Setup
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Parties, Step
from tongshi.gb28181.subject import Subject


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer the notice by a Response.  accepted: OK, else ERROR."""

    accepted: bool


class Listener:
    """The device's half: takes a notice, asks for the sound by an INVITE.

    offer: where the sound is wanted, as :func:`wish` makes it.  parties: local is the listener,
    remote the SourceID of the notice.
    """

    def __init__(
        self, parties: Parties, offer: Offer, *, seq: str, new_token: Callable[[], str]
    ) -> None:
        subject = Subject(parties.remote_id, offer.ssrc or "0", parties.local_id, seq)
        self.call = Caller(parties, offer, subject, new_token=new_token)

    def notified(self, *, busy: bool = False) -> list[Respond | Step]:
        """Return what to do about the notice.  busy: the output is taken, or there is none."""
        if busy:
            return [Respond(accepted=False)]
        self.call.start()
        return [Respond(accepted=True), *self.call.steps()]


def wish(
    *, owner: str, host: str, port: int, tcp: bool = False, setup: Setup | None = None, ssrc: str
) -> Offer:
    """Return a listener's offer: G.711A, to be received.  ssrc: ten digits or ""."""
    return Offer(
        owner=owner,
        host=host,
        port=port,
        kind="audio",
        tcp=tcp,
        setup=setup,
        payloads=(PCMA,),
        ssrc=ssrc,
        format=G711A,
    )
