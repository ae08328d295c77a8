from tongshi.media import aac, ts
from tongshi.media.ps import Muxer
from tongshi.media.tsfields import read_packet
from tongshi.media.unit import AccessUnit, Codec
from tongshi.sim.carriage import Carriage
from tongshi.sim.dress import split

KEY = bytes.fromhex("00000001 0910 00000001 6764001f 00000001 68ee3c80 00000001 6588")
SOUND = aac.Frame(2, 8000, 1, b"abc").encode()


def frames(large: int = 0) -> list[bytes]:
    muxer, carriage = Muxer(Codec.H264, Codec.AAC), Carriage()
    made = []
    for at in range(3):
        stamp = 90_000 + 3600 * at
        video = AccessUnit(Codec.H264, stamp + 3600, stamp, at == 0, KEY + b"\xaa" * large)
        sound = AccessUnit(Codec.AAC, stamp, stamp, True, SOUND)
        made.append(carriage.carry(split(muxer.pack(video, sound))))
    return made


def test_what_was_packed_comes_back() -> None:
    demuxer = ts.Demuxer()
    for large in (0, 70_000):
        units = [unit for frame in frames(large) for unit in demuxer.feed(frame, 0)]
        units += demuxer.flush()
        assert [u.data for u in units if u.codec is Codec.H264] == [KEY + b"\xaa" * large] * 3
        assert [u.data for u in units if u.codec is Codec.AAC] == [SOUND] * 3
        demuxer = ts.Demuxer()


def test_tables_stand_before_key_pictures_and_numbers_run_on() -> None:
    heads = [read_packet(frame, at) for frame in frames() for at in range(0, len(frame), 188)]
    assert [head.pid for head in heads] == [0, 0x1000, 0x100, 0x101] + [0x100, 0x101] * 2
    assert [head.counter for head in heads if head.pid == 0x100] == [0, 1, 2]


def test_a_part_without_time_tells_no_clock() -> None:
    packets = frames(70_000)[0]
    clocks = [
        at
        for at in range(0, len(packets), 188)
        if packets[at + 3] & 0x20 and packets[at + 4] and packets[at + 5] & 0x10
    ]
    assert len(clocks) == 1
