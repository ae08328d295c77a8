import pytest

from tongshi.errors import EngineFailed
from tongshi.media.unit import Codec
from tongshi.sim.encode import Encoder
from tongshi.sim.picture import build

PICTURE = build("orbits", 0, 320, 180)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_each_picture_is_answered_at_once(codec: Codec) -> None:
    encoder = Encoder(codec, 320, 180, fps=25, gop=4, bitrate=200_000)
    made = [encoder.encode(PICTURE.paint(number / 25).planes) for number in range(9)]
    assert [key for _, key in made] == [True, False, False, False] * 2 + [True]
    assert all(data.startswith(b"\0\0\0\1") for data, _ in made)


@pytest.mark.parametrize(
    ("codec", "width"), [(Codec.G711A, 320), (Codec.SVAC, 320), (Codec.H264, 0)]
)
def test_what_cannot_be_encoded_fails_by_name(codec: Codec, width: int) -> None:
    def encode() -> None:
        encoder = Encoder(codec, width, 180, fps=25, gop=25, bitrate=200_000)
        encoder.encode(PICTURE.paint(0.0).planes)

    with pytest.raises(EngineFailed) as caught:
        encode()
    assert caught.value.stage == "encode"
