import socket
import threading

from tongshi.gateway.coder import Coder, serve
from tongshi.gateway.parcel import HEAD, Kind, Parcel, read_head
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.media.unit import Codec
from tongshi.testing.clip import encode


def opening(codec: Codec = Codec.H265) -> bytes:
    fragmenter = Fragmenter()
    fragment = fragmenter.fragment(encode(codec, 1)[0])
    assert fragmenter.track is not None
    return init_segment(fragmenter.track) + fragment


def test_a_picture_is_answered_by_a_jpeg() -> None:
    answer = Coder().answer(Parcel(Kind.PICTURE, opening()), now=0.0)
    assert answer.kind is Kind.PICTURE
    assert answer.data[:2] == b"\xff\xd8"


def test_a_fault_is_answered_not_raised() -> None:
    answer = Coder().answer(Parcel(Kind.PICTURE, b"nonsense"), now=0.0)
    assert answer.kind is Kind.FAULT
    assert answer.data.startswith(b"decode:")


def test_a_frame_in_time_is_transcoded_and_a_late_one_only_decoded() -> None:
    coder = Coder()
    fresh = coder.answer(Parcel(Kind.FRAME, opening(), pts=0, sent=5.0), now=5.1)
    assert (fresh.kind, fresh.key, fresh.data[:4]) == (Kind.FRAME, True, b"\0\0\0\1")
    late = coder.answer(Parcel(Kind.FRAME, opening(), key=True, sent=5.0), now=5.3)
    assert (late.kind, late.key, late.data) == (Kind.FRAME, False, b"")


def test_parcels_are_served_until_the_other_side_closes() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        server = threading.Thread(target=serve, args=(theirs,))
        server.start()
        with ours:
            _, first = read_head(ours.recv(HEAD.size, socket.MSG_WAITALL))
            assert first.kind is Kind.READY
            parcel = Parcel(Kind.PICTURE, opening(Codec.H264))
            ours.sendall(parcel.head() + parcel.data)
            length, answer = read_head(ours.recv(HEAD.size, socket.MSG_WAITALL))
            assert answer.kind is Kind.PICTURE
            assert len(ours.recv(length, socket.MSG_WAITALL)) == length
            ours.sendall(parcel.head() + parcel.data[:10])
        server.join(10)
        assert not server.is_alive()
