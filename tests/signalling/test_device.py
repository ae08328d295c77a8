"""What is told of a device: where it is reached, since when, for how long."""

from tongshi.gb28181.version import Version
from tongshi.signalling.device import device_of
from tongshi.signalling.event import DeviceRegistered, Presence, Why
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.sip.address import Address
from tongshi.testing.timeless import EPOCH

CAMERA = "34020000001320000001"
GRANTED = DeviceRegistered(
    CAMERA,
    "192.0.2.20",
    5062,
    "udp",
    EPOCH,
    EPOCH + 3600,
    Version.V2022,
    "IPC",
    "sip:x",
    False,
)


def test_a_registration_runs_out() -> None:
    neighbours = Neighbours(Rules(), lambda event: None)
    neighbours.register(GRANTED, Address("192.0.2.20", 5062), 100.0)
    neighbour = neighbours.get(CAMERA)
    assert neighbour is not None
    told = device_of(neighbour, 1100.0)
    assert (told.device_id, told.host, told.port, told.transport) == (
        CAMERA,
        "192.0.2.20",
        5062,
        "udp",
    )
    assert (told.state, told.why, told.last_proof) == (Presence.ONLINE, Why.REGISTERED, EPOCH)
    assert (told.version, told.user_agent, told.contact) == (Version.V2022, "IPC", "sip:x")
    assert told.expires_in == 2600.0
    assert device_of(neighbour, 3700.0).expires_in is None
