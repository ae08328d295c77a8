import asyncio

import httpx

from tongshi.api.parts import Parts
from tongshi.sip.address import Address

RECORDER = "34020000001180000001"
PLACE = f"/devices/{RECORDER}/traces"
HX = {"HX-Request": "true"}
MESSAGE = (
    b"MESSAGE sip:34020000002000000001@3402000000 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:34020000001180000001@3402000000>;tag=1\r\n"
    b"To: <sip:34020000002000000001@3402000000>\r\n"
    b"Call-ID: a\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
    b"<Notify><CmdType>Keepalive</CmdType><SN>7</SN></Notify>"
)


def start(admin: httpx.Client, parts: Parts) -> str:
    """Start a trace through the page; return its name."""
    assert "Recording" in admin.post(PLACE, data={"minutes": "5"}).text
    (trace,) = parts.traces.running()
    assert trace.until - trace.began == 300
    return trace.name


def test_a_trace_runs_ends_and_goes(
    admin: httpx.Client, parts: Parts, runner: asyncio.Runner
) -> None:
    assert "No traces yet" in admin.get(PLACE).text
    name = start(admin, parts)
    assert "Conflicts with" in admin.post(PLACE, data={"minutes": "5"}).text
    assert f"/traces/{name}" in admin.get(f"{PLACE}/list", headers=HX).text
    assert "stopped" in admin.post(f"{PLACE}/{name}/end").text
    assert "Not found" in admin.post(f"{PLACE}/{name}/end").text
    assert "No traces yet" in admin.delete(f"{PLACE}/{name}").text
    assert "Not found" in admin.delete(f"{PLACE}/{name}").text
    runner.run(parts.traces.stop())


def test_its_ladder_shows_messages_with_their_bodies(
    admin: httpx.Client, parts: Parts, runner: asyncio.Runner
) -> None:
    name = start(admin, parts)
    assert "There are no messages" in admin.get(f"/traces/{name}").text
    for _ in range(2):
        parts.traces.tap(True, MESSAGE, Address("192.0.2.20", 5060, "udp"))
    text = admin.get(f"/traces/{name}").text
    assert 'data-lanes="2"' in text
    assert "<b>MESSAGE <small>Keepalive SN 7</small></b>" in text
    assert "repeated" in text
    assert "  &lt;CmdType&gt;Keepalive&lt;/CmdType&gt;" in text
    assert f"/devices/{RECORDER}/traces" in text
    assert f"/api/traces/{name}/file" in text
    runner.run(parts.traces.stop())


def test_a_trace_that_is_not_there(admin: httpx.Client) -> None:
    assert admin.get("/traces/nothing").status_code == 404


def test_minutes_that_cannot_be_read(
    admin: httpx.Client, parts: Parts, runner: asyncio.Runner
) -> None:
    admin.post(PLACE, data={"minutes": "many"})
    (trace,) = parts.traces.running()
    assert trace.until - trace.began == 600
    runner.run(parts.traces.stop())
