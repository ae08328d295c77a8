"""Voice broadcast: a notice that somebody speaks, and the INVITE by which the listener asks for it.

What both halves share, without sockets; the halves are :mod:`speaker` and :mod:`listener`.  The
notice and its answer are MANSCDP messages of their own; the call is the listener's, so the speaker
is its callee.

::

    Speaker   IDLE --start--> NOTIFYING --200, OK--> AWAITED --INVITE--> ANSWERING
                                  | refused, silent     | 10 s, ERROR       | accept, propose
                                  v                     v                   v
                                ENDED                 ENDED              ANSWERED --ACK--> SPEAKING
                                                                            | no ACK, refuse   | BYE
                                                                            v                  v
    Listener  notice --> Respond(OK), Invite --> session.Caller           ENDED              ENDED

The INVITE may be there before the notice is answered, and before the listener's own Response:
devices take the order lightly.  What a waiting broadcast is matched by is in :func:`find`.
Source: GB/T 28181-2022 9.12.1, A.2.5.5, A.2.6.11, annexes D, G, L.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.description import PCMA, PCMU, Direction, Payload, Purpose, Setup
from tongshi.gb28181.invite import Offer, reachable
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.subject import Subject
from tongshi.sip.message import Request

G711A = MediaFormat.parse("v/////a/1/8/1")
"""What is spoken: G.711 A-law, 64 kbit/s, 8 kHz; a missing ``f=`` breaks some listeners."""
KINDS = ("audio", "video")
"""Which media of a listener's description counts first."""
_CLAUSE = "GB/T 28181-2022 9.12.1"


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose INVITE is awaited.

    device_id: who registered.  target_id: who is to hear, as in TargetID.  source_id: who speaks,
    as in SourceID.  host: where the device registered from.
    """

    device_id: str
    target_id: str
    source_id: str
    host: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where a listener wants the sound, and how.

    connect: we open the TCP connection; else, over TCP, the listener does.
    port: 0 where the listener connects and said none.  ssrc: what RTP is to carry; None when the
    listener left it to us.  payload: G.711, of either law, under the number that the listener
    knows it by.
    hears: sound comes from there as well.
    """

    tcp: bool
    connect: bool
    host: str
    port: int
    ssrc: int | None
    payload: Payload = PCMA
    hears: bool = False


def hearing_of(offer: Offer, source_host: str) -> Hearing:
    """Return where *offer*, which came from *source_host*, wants the sound.

    Its host may stand in ``o=`` alone, its G.711A be called ``PCMA/8000/1`` or be a bare 8, its
    ``y=`` be missing, and over TCP either side may be the one that connects.
    Raises RemoteProtocolError, 488: no sound is asked for, not in G.711, or there is no port.
    """
    if offer.kind != "audio":
        raise RemoteProtocolError("the INVITE asks for no sound", clause=_CLAUSE, status=488)
    known = {each.name: each for each in reversed(offer.payloads)}
    payload = known.get(PCMA.name) or known.get(PCMU.name)
    if payload is None:
        names = ", ".join(each.name or str(each.number) for each in offer.payloads)
        text = f"the INVITE asks for {names or 'nothing'}, not for PCMA or PCMU"
        raise RemoteProtocolError(text, clause="GB/T 28181-2022 G.1", status=488)
    connect = offer.tcp and offer.setup is not Setup.ACTIVE
    if not offer.port and (connect or not offer.tcp):
        text = "the INVITE names no port for the sound"
        raise RemoteProtocolError(text, clause="GB/T 28181-2022 G.1", status=488)
    return Hearing(
        tcp=offer.tcp,
        connect=connect,
        host=reachable(offer.host, source_host),
        port=offer.port,
        ssrc=offer.ssrc_number,
        payload=payload,
        hears=offer.purpose is Purpose.TALK and offer.direction is Direction.SENDRECV,
    )


def find(
    invite: Request, source_host: str, waiting: Iterable[Expected], is_other: Callable[[str], bool]
) -> Expected | None:
    """Return which of *waiting* an INVITE from *source_host* is for; None when it is for none.

    Only the host of the device counts.  Of several there, the one that the INVITE names best wins,
    the oldest of equals: From, Contact, both sides of Subject in whichever order, ``o=``; the
    listener above its device.  An INVITE that names nobody known is taken for the only one there.
    is_other: whether an id is that of another device that is registered.
    """
    here = [expected for expected in waiting if expected.host == source_host]
    if not here:
        return None
    named = _ids_of(invite)
    best = max(here, key=lambda expected: _rank(expected, named))
    if _rank(best, named):
        return best
    return best if len(here) == 1 and not any(map(is_other, named)) else None


def _rank(expected: Expected, named: frozenset[str]) -> int:
    return 2 * (expected.target_id in named) + (expected.device_id in named)


def _ids_of(invite: Request) -> frozenset[str]:
    """Return whom an INVITE names, but for its addressee."""
    named = []
    subject = Subject.parse(invite.headers.get("Subject"))
    if subject is not None:
        named += [subject.sender, subject.receiver]
    with suppress(RemoteProtocolError):
        named.append(invite.from_user)
        contact = invite.contact
        named.append(contact.uri.user if contact is not None else "")
    with suppress(RemoteProtocolError):
        named.append(Offer.parse(invite.body, KINDS).owner)
    return frozenset(name for name in named if name)
