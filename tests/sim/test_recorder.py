import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.identifier import Identifier
from tongshi.media.unit import Codec
from tongshi.sim.recorder import channel_code, recorder_profile

NVR = "34020000001180000012"


def test_a_recorder_has_its_channels() -> None:
    profile = recorder_profile(NVR, "录像机", [f"通道{n}" for n in range(30)], h265=2)
    ids = [channel.channel_id for channel in profile.channels]
    assert len(set(ids)) == 30
    assert all(Identifier.parse(text).type_code == 131 for text in ids)
    codecs = [channel.shot.codec for channel in profile.channels]
    assert codecs[-2:] == [Codec.H265] * 2
    assert codecs.count(Codec.H265) == 2
    assert len({(c.shot.view, c.shot.tint, c.shot.codec) for c in profile.channels}) >= 24


def test_codes_of_channels() -> None:
    assert channel_code(NVR, 7) == "34020000001310120007"
    for number in (0, 10_000):
        with pytest.raises(Invalid):
            channel_code(NVR, number)
