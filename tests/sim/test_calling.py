"""INVITEs of all purposes, and the statuses by which quirky devices refuse them."""

import pytest

from tongshi.gb28181.description import PCMA, PS, Direction, Payload, Purpose, StreamStyle
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.manscdp import MediaStatus
from tongshi.gb28181.mansrtsp import CONTENT_TYPE, Method, Order, Reply
from tongshi.sim.call import Agreed, CallEnded, Invited, Steered
from tongshi.sim.desk import CHANNEL, DEVICE, PLATFORM, Desk
from tongshi.sim.profile import Channel, Profile
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Response

VOICE = "34020000001370000001"


def desk(*quirks: str) -> Desk:
    profile = Profile(DEVICE, "机", (Channel(CHANNEL, "门"),), voice=VOICE, histories=2)
    return Desk(*quirks, profile=profile).enter()


def offer(at: Desk, purpose: Purpose = Purpose.PLAY, **fields: object) -> bytes:
    """Return the description of an INVITE; recordings are of the last hour."""
    wall = int(at.device.wall())
    history = purpose in (Purpose.PLAYBACK, Purpose.DOWNLOAD)
    held: dict[str, object] = {
        "owner": PLATFORM,
        "host": "192.0.2.10",
        "port": 30000,
        "ssrc": "0200000007",
        "purpose": purpose,
        "payloads": (PS,),
        "start": wall - 3600 if history else 0,
        "end": wall - 1800 if history else 0,
    }
    return Offer(**{**held, **fields}).build()  # type: ignore[arg-type]


def invite(at: Desk, body: bytes) -> Response | None:
    """Invite, let the shell accept, and return the final answer."""
    answer = at.send("INVITE", body, user=CHANNEL)
    if answer is None:
        for invited in at.events(Invited)[-1:]:
            at.device.calls.accept(invited.call, "198.51.100.7", 15060, at.world.now)
        at.told = [event for event in at.told if not isinstance(event, Invited)]
        at.run()
        answer = at.exchanged()
    return answer


def status(at: Desk, body: bytes) -> int:
    answer = invite(at, body)
    assert answer is not None
    return answer.status


@pytest.mark.clause("9.9.3")
def test_a_download_is_answered_with_its_size() -> None:
    at = desk()
    answer = invite(at, offer(at, Purpose.DOWNLOAD, download_speed=4))
    assert answer is not None
    told = Answer.parse(answer.body)
    assert told.purpose is Purpose.DOWNLOAD
    assert told.file_size is not None
    assert told.file_size > 100_000_000
    quirky = desk("filesize-minus-one")
    answer = invite(quirky, offer(quirky, Purpose.DOWNLOAD))
    assert answer is not None
    assert Answer.parse(answer.body).file_size == -1


def steer(at: Desk, dialog: Dialog, order: bytes) -> Response | None:
    return at.exchange(dialog.request("INFO", [("Content-Type", CONTENT_TYPE)], order))


@pytest.mark.clause("B.2.6", "9.8.3.2")
def test_orders_are_answered_within() -> None:
    at = desk()
    answer = invite(at, offer(at, Purpose.PLAYBACK))
    assert answer is not None
    dialog = at.acknowledge(answer)
    [agreed] = at.events(Agreed)
    assert agreed.call.history is not None
    assert not agreed.call.history.download
    response = steer(at, dialog, Order(Method.PLAY, 7, scale=2.0).build())
    assert response is not None
    reply = Reply.parse(response.body)
    assert (reply.status, reply.cseq, reply.scale) == (200, 7, 2.0)
    assert len(at.events(Steered)) == 1
    refused = steer(at, dialog, b"SING RTSP/1.0\r\n\r\n")
    assert refused is not None
    assert (refused.status, Reply.parse(refused.body).status) == (200, 400)


@pytest.mark.parametrize(
    ("quirk", "outer", "inner"),
    [("info-without-body", 400, 200), ("inner-status-outside", 400, 200)],
)
def test_refusals_outside(quirk: str, outer: int, inner: int) -> None:
    at = desk(quirk)
    answer = invite(at, offer(at, Purpose.PLAYBACK))
    assert answer is not None
    dialog = at.acknowledge(answer)
    refused = steer(at, dialog, b"SING RTSP/1.0\r\n\r\n")
    assert refused is not None
    assert refused.status == outer
    taken = steer(at, dialog, Order(Method.PAUSE, 1).build())
    assert taken is not None
    assert taken.status == inner
    assert bool(taken.body) is (quirk != "info-without-body")


@pytest.mark.clause("9.8.3.2", "A.2.5.4")
def test_the_end_is_told_within_the_dialog() -> None:
    at = desk()
    answer = invite(at, offer(at, Purpose.PLAYBACK))
    assert answer is not None
    at.acknowledge(answer)
    [agreed] = at.events(Agreed)
    at.device.calls.finished(agreed.call, at.world.now)
    at.run()
    [notice] = at.of(MediaStatus)
    assert (notice.device_id, notice.notify_type) == (CHANNEL, "121")
    assert at.requests[-1].request.call_id == answer.call_id
    assert at.requests[-1].request.to_tag


@pytest.mark.parametrize(
    ("quirk", "method", "tag"),
    [("end-outside", "MESSAGE", ""), ("end-by-bye", "BYE", None), ("end-silent", None, None)],
)
def test_the_end_otherwise(quirk: str, method: str | None, tag: str | None) -> None:
    at = desk(quirk)
    answer = invite(at, offer(at, Purpose.PLAYBACK))
    assert answer is not None
    at.acknowledge(answer)
    at.requests.clear()
    [agreed] = at.events(Agreed)
    at.device.calls.finished(agreed.call, at.world.now)
    at.run()
    assert at.methods() == ([] if method is None else [method])
    if tag is not None:
        request = at.requests[0].request
        assert (request.from_user, request.to_tag) == (CHANNEL, tag)
    at.device.calls.hang_up_all(at.world.now)
    at.run()
    at.device.calls.finished(agreed.call, at.world.now)
    assert at.events(CallEnded)


def test_playbacks_and_sessions_are_limited() -> None:
    at = desk()
    assert [status(at, offer(at, Purpose.PLAYBACK)) for _ in range(3)] == [200, 200, 486]
    assert status(at, offer(at)) == 200
    at = desk("sessions=2")
    assert [status(at, offer(at)) for _ in range(3)] == [200, 200, 486]
    at = desk("refuse-after=1")
    assert [status(at, offer(at)) for _ in range(2)] == [200, 400]
    at.device.vanish(5, at.world.now)
    at.run(20)
    assert status(at, offer(at)) == 200


def test_what_is_not_recorded_is_not_found() -> None:
    at = desk()
    assert status(at, offer(at, Purpose.PLAYBACK, start=1, end=2)) == 404


def test_strict_devices() -> None:
    at = desk("strict-sdp")
    good = offer(at)
    assert status(at, good) == 200
    assert status(at, good.rstrip(b"\r\n")) == 415
    assert status(at, good.replace(b"y=0200000007", b"y=7")) == 415
    assert status(at, good.replace(b"a=recvonly\r\n", b"") + b"a=recvonly\r\n") == 415
    at = desk("one-payload")
    assert status(at, offer(at, payloads=(PS, Payload(98, "H264")))) == 488
    assert status(at, offer(at)) == 200


@pytest.mark.parametrize(
    ("quirk", "style"),
    [
        ("substream-stream", StreamStyle.STREAM),
        ("substream-streamprofile", StreamStyle.STREAMPROFILE),
        ("substream-streammode", StreamStyle.STREAMMODE),
    ],
)
def test_sub_streams_by_the_line_that_is_read(quirk: str, style: StreamStyle) -> None:
    at = desk(quirk)
    for chosen, stream in ((style, 1), (StreamStyle.STREAMNUMBER, 0)):
        answer = invite(at, offer(at, stream=1, stream_style=chosen))
        assert answer is not None
        at.acknowledge(answer)
        assert at.events(Agreed)[-1].call.stream == stream


@pytest.mark.clause("9.12.2")
def test_talk_by_invite_where_the_device_knows_it() -> None:
    fields = {"kind": "audio", "direction": Direction.SENDRECV, "payloads": (PCMA,)}
    at = desk("talk-by-invite")
    answer = invite(at, offer(at, Purpose.TALK, **fields))
    assert answer is not None
    told = Answer.parse(answer.body)
    assert (told.kind, told.direction) == ("audio", Direction.SENDRECV)
    at.acknowledge(answer)
    assert at.events(Agreed)[0].call.sound
    at = desk()
    assert status(at, offer(at, Purpose.TALK, **fields)) == 488


def test_a_device_may_ignore_that_tcp_was_asked() -> None:
    at = desk("udp-for-tcp")
    answer = invite(at, offer(at, tcp=True))
    assert answer is not None
    assert not Answer.parse(answer.body).tcp
    at.acknowledge(answer)
    assert not at.events(Agreed)[0].call.tcp


def test_a_200_without_tag() -> None:
    at = desk("no-to-tag")
    answer = invite(at, offer(at))
    assert answer is not None
    assert answer.to_tag == ""
