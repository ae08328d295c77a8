"""Notifications: what a device tells unasked.

Source: GB/T 28181-2022 A.2.5.
"""

import re
from dataclasses import dataclass

from tongshi.gb28181.element import Element, tag
from tongshi.gb28181.manscdp.types import Envelope, Outcome, outcome, text


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A device's report that it is alive, and how.

    faulty: ids of its faulty parts.
    """

    sn: int
    device_id: str
    status: Outcome = Outcome.OK
    faulty: tuple[str, ...] = ()
    others: tuple[Element, ...] = ()


_USUAL = re.compile(
    rb"<\?xml [^<>?]{0,80}\?>\s*<Notify>\s*<CmdType>Keepalive</CmdType>\s*<SN>(\d{1,18})</SN>\s*"
    rb"<DeviceID>([0-9A-Za-z]{1,32})</DeviceID>\s*<Status>(OK|ERROR)</Status>\s*"
    rb"(?:<Info>\s*</Info>\s*)?</Notify>\s*"
)
_OUTCOMES = {b"OK": Outcome.OK, b"ERROR": Outcome.ERROR}
_KNOWN = frozenset({"status", "info"})


def read_usual_keepalive(body: bytes) -> Keepalive | None:
    """Return the keepalive that *body* is if it has the usual form, else None.

    Most of what a platform receives are these; they do not need a parser.
    """
    match = _USUAL.fullmatch(body)
    if match is None:
        return None
    sn, device_id, status = match.groups()
    return Keepalive(int(sn), device_id.decode("ascii"), _OUTCOMES[status])


def read_keepalive(envelope: Envelope) -> Keepalive:
    """Return the keepalive in *envelope*."""
    parts = (text(child.text or "") for child in envelope.children("info"))
    return Keepalive(
        envelope.sn,
        envelope.device_id,
        outcome(envelope.text("status")),
        tuple(part for part in parts if part),
        envelope.rest(_KNOWN),
    )


def keepalive_lines(keepalive: Keepalive) -> list[str]:
    """Return the elements of *keepalive* after its envelope."""
    parts = "".join(tag("DeviceID", part) for part in keepalive.faulty)
    return [tag("Status", keepalive.status.value), f"<Info>{parts}</Info>" if parts else ""]
