import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongshi.testing.fuzz import TARGETS, main, pieces

MESSAGE = (
    b"MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9hG4bK1\r\n"
    b"From: <sip:34020000001320000001@3402000000>;tag=1\r\n"
    b"To: <sip:34020000002000000001@3402000000>\r\n"
    b"Call-ID: 1@192.0.2.7\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
    b"Content-Type: Application/MANSCDP+xml\r\nContent-Length: %d\r\n\r\n"
)
CATALOG = """<?xml version="1.0" encoding="GB2312"?>
<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>34020000001180000001</DeviceID>
<SumNum>1</SumNum><DeviceList Num="1"><Item><DeviceID>34020000001310000001</DeviceID>
<Name>东门 & 枪机</Name><Status>ON</Status><Longitude>118.38</Longitude><Info><PTZType>3</PTZType>
</Info></Item></DeviceList></Response>""".encode("gb18030")
OFFER = (
    b"v=0\r\no=34020000002000000001 0 0 IN IP4 192.0.2.10\r\ns=Play\r\nc=IN IP4 192.0.2.10\r\n"
    b"t=0 0\r\nm=video 30000 TCP/RTP/AVP 96 98 97\r\na=recvonly\r\na=rtpmap:96 PS/90000\r\n"
    b"a=setup:passive\r\na=connection:new\r\ny=0200000001\r\nf=v/2/6/25/1/4096a/1/8/1\r\n"
)
RTP = bytes.fromhex("80e0000100015f900bebc201")
PS = bytes.fromhex(
    "000001ba440004000401005f6bf8000001bb000c80ccf504e17fe0e200c0c020"
    "000001bc0012e0ff000000081be0000090c00000fedfb1d7"
    "000001e0000d84800521000" + "5bf210000000165"
)
SEEDS: dict[str, bytes] = {
    "sip.message": MESSAGE % len(CATALOG) + CATALOG,
    "sip.framing": bytes([200]) + (MESSAGE % 0)[:200],
    "sip.endpoint": MESSAGE % len(CATALOG) + CATALOG,
    "sip.uri": b"sip:34020000001320000001@192.0.2.7:5060;transport=udp?Subject=a",
    "sip.name-addr": b'"a \\" b" <sip:34020000001320000001@3402000000;lr>;tag=1',
    "sip.via": b"SIP/2.0/UDP 192.0.2.7:5060;rport=5060;received=192.0.2.8;branch=z9hG4bK1",
    "digest.challenge": b'Digest realm="3402000000", nonce="6fe9", algorithm=MD5, qop="auth"',
    "digest.credentials": b'Digest username="3", realm="3402000000", nonce="6fe9", uri="sip:a@b",'
    b' response="6a2143ae65b119e276a75f0a4a8992b7", algorithm=MD5, qop=auth, nc=00000001, cnonce=a',
    "sdp": OFFER,
    "gb28181.manscdp": CATALOG,
    "gb28181.invite": OFFER,
    "gb28181.media-format": b"f=v/2/6/25/1/4096a/1/8/1",
    "gb28181.date": b"2024-05-06T07:08:09.123",
    "media.rtp": RTP + PS,
    "media.rtcp": bytes.fromhex("80c80006") + bytes(24),
    "media.tcpframe": bytes([len(RTP) + 2, 0, len(RTP)]) + RTP,
    "media.ps": PS,
    "media.units": bytes.fromhex("0000000167640028acd940780227e5c05a808080a0"),
    "media.pipeline": bytes([len(RTP + PS)]) + RTP + PS,
}


def test_every_target_has_a_seed() -> None:
    assert set(SEEDS) == set(TARGETS)


def test_pieces_cover_the_whole() -> None:
    assert list(pieces(b"\x02ab\x00\x05c")) == [b"ab", b"", b"c"]


@pytest.mark.parametrize("name", TARGETS)
def test_the_seed_passes_whole_and_cut_at_each_length(name: str) -> None:
    for length in range(len(SEEDS[name]) + 1):
        TARGETS[name](SEEDS[name][:length])


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_parse_or_are_refused(name: str, data: st.DataObject) -> None:
    seed = SEEDS[name]
    at = data.draw(st.integers(0, len(seed)))
    middle = data.draw(st.binary(max_size=80))
    skipped = data.draw(st.integers(0, 12))
    TARGETS[name](seed[:at] + middle + seed[at + skipped :])
    TARGETS[name](middle)


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(SystemExit, match="targets: "):
        main(["nothing"])


def fuzz(name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    seeds = folder / "seeds"
    seeds.mkdir()
    (seeds / "seed").write_bytes(SEEDS[name])
    return subprocess.run(
        [sys.executable, "-m", "tongshi.testing.fuzz", name, *options, str(seeds)],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


@pytest.mark.parametrize("name", ["sip.endpoint", "gb28181.manscdp", "media.pipeline"])
def test_a_short_guided_run_finds_nothing(name: str, tmp_path: Path) -> None:
    done = fuzz(name, tmp_path, "-runs=3000", "-rss_limit_mb=1024", "-max_len=4096", "-seed=1")
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_a_long_guided_run_finds_nothing(name: str, tmp_path: Path) -> None:
    limits = ("-max_total_time=60", "-rss_limit_mb=1024", "-max_len=8192")
    done = fuzz(name, tmp_path, *limits)
    assert done.returncode == 0, done.stderr[-3000:]
