from tongshi.sim.desk import Desk
from tongshi.sim.host import Host, Peer, Timing, ignore


def see(host: Host) -> tuple[Peer, Timing]:
    return host, host.presence


def test_a_device_is_what_its_parts_need() -> None:
    device = Desk().device
    assert see(device) == (device, device.presence)
    ignore(None, 0.0)
