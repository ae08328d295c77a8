import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim.camera import camera_profile
from tongshi.sim.film import Shot
from tongshi.sim.profile import Channel, Profile, renamed
from tongshi.sim.quirks import Quirks
from tongshi.sim.recorder import recorder_profile

NVR = "34020000001180000012"


def test_a_camera_is_found_by_either_id() -> None:
    profile = camera_profile("34020000001320000001", "机", Shot(), channel_id="c")
    assert profile.channel("c") is profile.channels[0]
    assert profile.channel("34020000001320000001") is profile.channels[0]
    assert profile.channel("x") is None
    assert profile.division == "340200"
    assert recorder_profile(NVR, "n", ["a", "b"]).channel(NVR) is None


def test_a_camera_without_channel_id_uses_its_own() -> None:
    profile = camera_profile("odd-id", "机", Shot(codec=Codec.H265), version=Version.V2022)
    assert profile.channels[0].channel_id == "odd-id"
    assert profile.division == ""
    assert profile.model == "SimCam-H265"


def test_shots_of_streams() -> None:
    channel = Channel("c", "n")
    assert channel.shot_of(0) is channel.shot
    assert channel.shot_of(1).width == 320
    assert channel.shot_of(2) == channel.shot_of(1)


@pytest.mark.parametrize("channels", [(), (Channel("a", "x"), Channel("a", "y"))])
def test_impossible_devices_are_refused(channels: tuple[Channel, ...]) -> None:
    with pytest.raises(Invalid):
        Profile("d", "n", channels)


def test_codes_that_devices_have_by_default_or_of_their_own() -> None:
    made = Profile(NVR, "机", (Channel("c1", "一"), Channel("c2", "二")))
    common = renamed(made, Quirks.of(["common-ids"]))
    assert [one.channel_id[-3:] for one in common.channels] == ["001", "002"]
    assert len(common.channels[0].channel_id) == 20
    short = renamed(made, Quirks.of(["short-ids"]))
    assert [one.channel_id for one in short.channels] == ["ch1", "ch2"]
    assert renamed(made, Quirks.of([])) == made
