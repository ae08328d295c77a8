from tongshi.sim.body import FORMAT_S, Body
from tongshi.sim.head import Aim
from tongshi.sim.profile import Channel, Profile

DEVICE = "34020000001320000001"
DOME = Channel("c1", "一", ptz_type=1, presets=(("门", Aim(10.0)),))
PROFILE = Profile(
    DEVICE, "机", (DOME, Channel("c2", "二")), cards=(1000, 2000), alarms=("a1", "a2")
)


def test_a_device_begins_as_its_profile_says() -> None:
    body = Body.of(PROFILE)
    assert body.name == "机"
    assert list(body.parts) == ["c1", "c2"]
    part = body.part("c1")
    assert part is not None
    assert part.head.presets[1].name == "门"
    assert part.shows
    assert body.part("nobody") is None
    sole = Body.of(Profile(DEVICE, "机", (DOME,)))
    assert sole.part(DEVICE) is not None
    assert [(card.number, card.capacity, card.free) for card in body.cards] == [
        (1, 1000, 600),
        (2, 2000, 1200),
    ]


def test_a_card_is_formatted_in_its_time() -> None:
    card = Body.of(PROFILE).cards[0]
    assert card.progress(0.0) is None
    card.format(10.0)
    assert card.progress(10.0) == 0
    assert card.progress(10.0 + FORMAT_S / 2) == 50
    assert card.progress(10.0 + FORMAT_S) is None
    assert card.free == 1000


def test_guards_are_of_alarm_inputs_else_of_the_device() -> None:
    body = Body.of(PROFILE)
    assert [one for one, _ in body.guarded()] == ["a1", "a2"]
    body.guard(DEVICE).on = True
    assert [(one, guard.on) for one, guard in body.guarded()] == [
        ("a1", False),
        ("a2", False),
        (DEVICE, True),
    ]
    assert [one for one, _ in Body.of(Profile(DEVICE, "机", (DOME,))).guarded()] == [DEVICE]


def test_channels_come_go_and_change() -> None:
    body = Body.of(PROFILE)
    added = body.change("c3", "ADD", "三")
    assert added is not None
    assert added.channel.name == "三"
    assert len(body.profile.channels) == 3
    assert body.change("c3", "ADD", "x") is added
    renamed = body.change("c3", "UPDATE", "叁")
    assert renamed is not None
    assert body.profile.channels[2].name == renamed.channel.name == "叁"
    body.change("c3", "UPDATE")
    assert renamed.channel.name == "叁"
    for event in ("OFF", "VLOST", "DEFECT"):
        body.change("c2", event)
        assert body.parts["c2"].state == event
        assert not body.parts["c2"].shows
    body.change("c2", "ON")
    assert body.parts["c2"].shows
    assert body.change("c9", "OFF") is None
    for channel in ("c1", "c2", "c3"):
        body.change(channel, "DEL")
    assert len(body.parts) == 1


def test_all_that_moves_is_brought_to_now() -> None:
    body = Body.of(PROFILE)
    body.parts["c1"].head.go(Aim(90.0), 0.0)
    body.cards[0].format(0.0)
    body.settle(60.0)
    assert body.parts["c1"].head.aim.pan == 90.0
    assert body.cards[0].free == 1000
