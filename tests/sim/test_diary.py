import json

import pytest

from tongshi.gb28181.description import PS, Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import DeviceUpgrade, SnapShotConfig
from tongshi.sim.call import Agreed, CallEnded, Invited, Steered
from tongshi.sim.desk import CHANNEL, PLATFORM, Desk
from tongshi.sim.diary import describe
from tongshi.sim.event import (
    Controlled,
    DeviceEvent,
    KeyFrameWanted,
    Listening,
    Queried,
    Redirected,
    Returned,
    Silence,
    SnapshotWanted,
    Spoken,
    Subscribed,
    UpgradeWanted,
    Vanished,
)
from tongshi.sim.join import Died, PlatformLost, Registered, Unregistered

SESSION = "0123456789abcdef0123456789abcdef"
PLAIN: list[tuple[DeviceEvent, str]] = [
    (Registered(3600, False), "registered"),
    (Unregistered(403, "no"), "unregistered"),
    (PlatformLost(), "platform-lost"),
    (Died(), "died"),
    (Vanished(3.0), "vanished"),
    (Returned(), "returned"),
    (Redirected("h", 1), "redirected"),
    (Queried("Catalog"), "queried"),
    (Controlled("c", "TeleBoot"), "controlled"),
    (KeyFrameWanted("c"), "key-frame"),
    (SnapshotWanted("c", SnapShotConfig(1, 1, "u", SESSION)), "snapshot"),
    (UpgradeWanted("c", DeviceUpgrade("f", "u", "m", SESSION)), "upgrade"),
    (Subscribed("alarm", 600), "subscribed"),
    (Spoken(1, "v", False, False), "spoken"),
    (Listening(1, "h", 2), "listening"),
    (Silence(1, "why"), "silence"),
]


@pytest.mark.parametrize(("event", "name"), PLAIN, ids=lambda one: type(one).__name__)
def test_events_are_plain_data(event: DeviceEvent, name: str) -> None:
    told = describe(event)
    assert told["event"] == name
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("purpose", [Purpose.PLAY, Purpose.PLAYBACK])
def test_sessions_are_plain_data(purpose: Purpose) -> None:
    at = Desk().enter()
    wall = int(at.device.wall())
    offer = Offer(
        owner=PLATFORM, host="192.0.2.10", port=3000, purpose=purpose, payloads=(PS,),
        start=wall - 60, end=wall, ssrc="0200000007",
    )  # fmt: skip
    at.send("INVITE", offer.build(), user=CHANNEL)
    [invited] = at.events(Invited)
    told = describe(invited)
    assert (told["event"], told["purpose"], told["transport"]) == ("invited", purpose.value, "udp")
    assert describe(Agreed(invited.call)) == {"event": "agreed", "channel": CHANNEL}
    steered = describe(Steered(invited.call))
    assert ("npt" in steered) is (purpose is Purpose.PLAYBACK)
    assert describe(CallEnded(invited.call, "x"))["why"] == "x"
    at.send("INVITE", b"", user=CHANNEL)
    assert describe(at.events(Invited)[-1])["purpose"] == "Play"
