"""What is known of a device now, as the parts above are told it when they ask."""

from dataclasses import dataclass

from tongshi.gb28181.version import Version
from tongshi.signalling.event import Presence, Why
from tongshi.signalling.neighbours import Neighbour


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a device now.

    last_proof: UNIX time of its last sign of life, s; None when none is known.
    expires_in: s until its registration ends; None when it has none.
    """

    device_id: str
    state: Presence
    why: Why
    host: str
    port: int
    transport: str
    last_proof: float | None
    expires_in: float | None
    version: Version
    user_agent: str
    contact: str


def device_of(neighbour: Neighbour, now: float) -> Device:
    """Return what is known of *neighbour*; now: monotonic, s."""
    left = neighbour.expires - now
    return Device(
        device_id=neighbour.device_id,
        state=neighbour.state,
        why=neighbour.why,
        host=neighbour.address.host,
        port=neighbour.address.port,
        transport=neighbour.address.transport,
        last_proof=neighbour.proof,
        expires_in=left if left > 0 else None,
        version=neighbour.version,
        user_agent=neighbour.user_agent,
        contact=neighbour.contact,
    )
