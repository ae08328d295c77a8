import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongshi.testing.fuzz import TARGETS, main

VECTORS = Path(__file__).parent.parent / "vectors"
CAMERA, SERVER = "34020000001320000001", "34020000002000000001"


def request(method: str, body: bytes = b"", *headers: str, number: int = 1) -> bytes:
    lines = (
        f"{method} sip:{SERVER}@3402000000 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9hG4bK{method}{number}",
        f"From: <sip:{CAMERA}@3402000000>;tag=1",
        f"To: <sip:{SERVER}@3402000000>;tag=own",
        "Call-ID: 1@192.0.2.7",
        f"CSeq: {number} {method}",
        "Max-Forwards: 70",
        *headers,
        f"Content-Length: {len(body)}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body


def response(status: int, method: str, body: bytes = b"", *headers: str) -> bytes:
    lines = (
        f"SIP/2.0 {status} Whatever",
        "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKt2",
        f"From: <sip:{SERVER}@3402000000>;tag=t0",
        f"To: <sip:{CAMERA}@3402000000>;tag=9",
        "Call-ID: t1@192.0.2.10",
        f"CSeq: 1 {method}",
        f"Contact: <sip:{CAMERA}@192.0.2.7:5060>",
        *headers,
        f"Content-Length: {len(body)}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body


def joined(*messages: bytes) -> bytes:
    return b"\n--\n".join(messages)


def cut(*chunks: bytes) -> bytes:
    """Return *chunks* as the targets' pieces: of 255 bytes at the most."""
    small = [item[at : at + 255] for item in chunks for at in range(0, max(len(item), 1), 255)]
    return b"".join(bytes([len(item)]) + item for item in small)


KEEPALIVE = (VECTORS / "gb28181" / "keepalive.xml").read_bytes()
CATALOG = (VECTORS / "gb28181" / "catalog-2022.xml").read_bytes()
FAULTY = (VECTORS / "gb28181" / "catalog-faulty.xml").read_bytes()
OFFER = (VECTORS / "gb28181" / "live-offer.sdp").read_bytes()
ANSWER = (VECTORS / "gb28181" / "live-answer.sdp").read_bytes()
XML = "Content-Type: Application/MANSCDP+xml"
SDP = "Content-Type: APPLICATION/SDP"
CREDENTIALS = (
    b'Digest username="3", realm="3402000000", nonce="6fe9", uri="sip:a@b",'
    b' response="6a2143ae65b119e276a75f0a4a8992b7", algorithm=MD5, qop=auth, nc=00000001, cnonce=a'
)
CHALLENGE = 'Digest realm="3402000000", nonce="6fe9", algorithm=MD5, qop="auth"'
REGISTER = request("REGISTER", b"", "Expires: 3600", f"Authorization: {CREDENTIALS.decode()}")
TALK = joined(
    REGISTER,
    request("MESSAGE", KEEPALIVE, XML),
    request("MESSAGE", CATALOG, XML, number=2),
    request("INVITE", OFFER, SDP, number=3),
    request("ACK", b"", number=3),
    request("CANCEL", b"", number=3),
    request("BYE", b"", number=4),
    request("OPTIONS", b"", "Require: 100rel", number=5),
)
LISTENER = OFFER.replace(b"m=video", b"m=audio")
RECORDS = (
    b"<?xml version='1.0'?><Response><CmdType>RecordInfo</CmdType><SN>1</SN>"
    b"<DeviceID>34020000001310000001</DeviceID><Name>a</Name><SumNum>2</SumNum>"
    b"<RecordList Num='2'><Item><DeviceID>34020000001310000001</DeviceID>"
    b"<StartTime>2023-11-15T06:14:00</StartTime><EndTime>2023-11-15T07:14:00</EndTime>"
    b"<Type>time</Type></Item><Item><StartTime>2023-11-15T06:20:00</StartTime>"
    b"<EndTime>2023-11-15T09:20:00</EndTime></Item></RecordList></Response>"
)
SETTINGS = (
    b"<Response><CmdType>ConfigDownload</CmdType><SN>1</SN><DeviceID>34</DeviceID><Result>OK</Result>"
    b"<BasicParam><Name>a</Name><Expiration>3600</Expiration></BasicParam><PictureMask><On>1</On>"
    b'<RegionList Num="1"><Item><Seq>1</Seq><Point>1,2,3,4</Point></Item></RegionList>'
    b"</PictureMask><FrameMirror>1</FrameMirror></Response>"
)
RTP = bytes.fromhex("80e0000100015f900bebc201")
PS = bytes.fromhex(
    "000001ba440004000401005f6bf8000001bb000c80ccf504e17fe0e200c0c020"
    "000001bc0012e0ff000000081be0000090c00000fedfb1d7"
    "000001e0000d84800521000" + "5bf210000000165"
)
H264 = (VECTORS / "media" / "tiny.h264").read_bytes()
H265 = (VECTORS / "media" / "tiny.h265").read_bytes()
FRAME = (len(RTP + PS)).to_bytes(2, "big") + RTP + PS
EVENT = b'{"event":"FirstMedia","stream":"a","track":{"codec":"h264","mime":"video/mp4",' + (
    b'"width":64,"height":48,"audio":null}}'
)
SEEDS: dict[str, bytes] = {
    "sip.message": request("MESSAGE", CATALOG, XML),
    "sip.framing": cut(request("MESSAGE", KEEPALIVE, XML), b"\r\n\r\n", request("BYE")),
    "sip.endpoint": TALK,
    "sip.client": joined(
        response(100, "INVITE"),
        response(200, "INVITE", ANSWER, SDP),
        response(487, "INVITE"),
        response(200, "MESSAGE"),
    ),
    "sip.uri": b"sip:34020000001320000001@192.0.2.7:5060;transport=udp?Subject=a",
    "sip.name-addr": b'"a \\" b" <sip:34020000001320000001@3402000000;lr>;tag=1',
    "sip.via": b"SIP/2.0/UDP 192.0.2.7:5060;rport=5060;received=192.0.2.8;branch=z9hG4bK1",
    "digest.challenge": CHALLENGE.encode(),
    "digest.credentials": CREDENTIALS,
    "sdp": OFFER,
    "gb28181.manscdp": CATALOG,
    "gb28181.keepalive": KEEPALIVE,
    "gb28181.plain": SETTINGS,
    "gb28181.ptz": b"A50F0101FA0000B0",
    "gb28181.mansrtsp": b"PLAY MANSRTSP/1.0\r\nCSeq: 3\r\nScale: 2.0\r\nRange: npt=10-\r\n\r\n",
    "gb28181.speaker": joined(
        response(200, "MESSAGE"),
        request("INVITE", LISTENER, SDP),
        request("ACK"),
        request("BYE", number=2),
    ),
    "gb28181.profile": cut(b"keepalive_longest", b"60", b"charset", b"GB18030", b"hikvision"),
    "gb28181.form": b'{"name": "a", "expiration": 60, "length": 1, "texts": [{"text": "b"}]}',
    "gb28181.records": RECORDS,
    "registry.rule": cut(b"3402*", b"10.0.0.0/8", SERVER.encode() + b"@192.0.2.1:5060", b"34020"),
    "shelf.jpeg": bytes.fromhex("ffd8ffe00004aaaaffc0000b08043807800100ffffffda000400001234ffd9"),
    "shelf.parcel": b"multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; "
    b'name="file"; filename="a.jpg"\r\n\r\n\xff\xd8\r\n--b--',
    "api.range": b"bytes=10-19",
    "sip.trace": b'{"trace": 1}\n{"at": 1.5, "way": "in", "transport": "udp", "peer": "h:1", '
    b'"text": "BYE sip:x SIP/2.0\\r\\nCSeq: 1 BYE\\r\\n\\r\\n"}',
    "gb28181.picture-name": b"34020000001320000001022024050607080912301.jpg",
    "gb28181.invite": OFFER,
    "gb28181.subject": b"34020000001310000001:0200000001,34020000002000000001:1",
    "gb28181.media-format": b"f=v/2/6/25/1/4096a/1/8/1",
    "gb28181.codes": b"34020000001320000001",
    "gb28181.registration": cut(CREDENTIALS, b"<sip:a@192.0.2.7>;expires=60", b"3600", b"3.0"),
    "gb28181.registrant": joined(
        response(401, "REGISTER", b"", f"WWW-Authenticate: {CHALLENGE}"),
        response(423, "REGISTER", b"", "Min-Expires: 7200"),
        response(200, "REGISTER", b"", "Date: 2024-05-06T07:08:09.123", "Expires: 60"),
    ),
    "gb28181.caller": joined(
        response(183, "INVITE"), response(200, "INVITE", ANSWER, SDP), request("BYE")
    ),
    "gb28181.callee": joined(request("INVITE", OFFER, SDP), request("ACK"), request("BYE")),
    "gb28181.gathering": joined(CATALOG, FAULTY, cut(b"\x03\x01\x02")),
    "gb28181.subscriber": joined(
        response(423, "SUBSCRIBE", b"", "Min-Expires: 900"),
        response(200, "SUBSCRIBE", b"", "Expires: 90"),
        request("NOTIFY", KEEPALIVE, "Event: Catalog;id=1", "Subscription-State: active;expires=9"),
        request("NOTIFY", b"", "Subscription-State: terminated;reason=timeout", number=2),
    ),
    "gb28181.notifier": joined(
        request("SUBSCRIBE", b"", "Event: presence;id=7", "Expires: 90"),
        request("SUBSCRIBE", b"", "Event: presence;id=7", "Expires: 0", number=2),
    ),
    "gb28181.event": b"Catalog;id=1894;expires=600;reason=timeout;retry-after=9",
    "media.rtp": RTP + PS,
    "media.rtcp": bytes.fromhex("80c80006") + bytes(24),
    "media.tcpframe": cut(FRAME, b"$\0" + FRAME, FRAME[2:]),
    "media.ps": PS,
    "media.psfields": PS[40:],
    "media.units": H264[:600],
    "media.nal-payload": cut(H265[4:200], b"\x7c\x85" + H264[60:200], b"\x18\0\x03abc"),
    "media.payload": cut(b"\x60" + PS, b"\x62" + H264[4:100], b"\x08" + bytes(80)),
    "media.fragments": H264[:700] + H265[:300],
    "media.pipeline": cut(RTP + PS, FRAME, RTP[:1] + b"\xe2" + RTP[2:] + H264[4:200]),
    "signalling.reception": TALK,
    "gateway.wire": EVENT,
    "gateway.parcel": bytes.fromhex("00000010010100000000000000640000000000000000"),
    "gateway.framed": FRAME[:20],
    "api.boundary": cut(b"same-origin", b"https://tongshi.example", b"100", b"tongshi.example"),
    "console.place": b"/live?device=1",
    "db.text": "东门 <b>".encode(),
}


def test_every_target_has_a_seed() -> None:
    assert set(SEEDS) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_the_seed_passes_whole_and_cut_at_each_length(name: str) -> None:
    seed = SEEDS[name]
    for length in range(0, len(seed) + 1, 1 + len(seed) // 500):
        TARGETS[name](seed[:length])
    TARGETS[name](seed)


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
