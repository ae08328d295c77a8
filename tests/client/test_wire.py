"""The wire against servers that answer strangely."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tongshi.client.failure import Failure, Refused
from tongshi.client.wire import Answer, Wire

pytestmark = pytest.mark.network


@contextmanager
def serving(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Give the address of a server that gives one of *answers* a connection, and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                link, _ = server.accept()
                with link:
                    heard.append(link.recv(65536))
                    link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            thread.join(10)


def plain(status: int, body: bytes, *lines: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def test_a_call_says_who_asks_and_in_which_language() -> None:
    with serving(plain(200, b'{"a":1}')) as (address, heard):
        wire = Wire(address + "/base/", "tst_1_x", language="zh")
        query = {"text": "东 门", "none": None, "empty": "", "yes": True}
        assert wire.call("GET", "/devices", query=query) == {"a": 1}
    text = heard[0].decode().lower()
    assert text.startswith("get /base/api/devices?text=%e4%b8%9c+%e9%97%a8&yes=true http/1.1")
    assert "authorization: bearer tst_1_x" in text
    assert "accept-language: zh" in text
    assert "cookie" not in text


def test_a_sign_in_is_kept_until_it_is_taken_back() -> None:
    given = ("Set-Cookie: other=1; Path=/", "Set-Cookie: tongshi_session=abc; HttpOnly")
    taken = 'Set-Cookie: tongshi_session=""; Max-Age=0'
    with serving(plain(200, b"", *given), plain(204, b"", taken), plain(200, b"")) as (
        address,
        heard,
    ):
        wire = Wire(address)
        wire.call("POST", "/session", body={})
        wire.call("DELETE", "/session")
        wire.call("GET", "/session")
    assert b"Cookie" not in heard[0]
    assert b"Cookie: tongshi_session=abc\r\n" in heard[1]
    assert b"Cookie" not in heard[2]


def test_a_problem_is_a_refusal_and_anything_else_is_broken() -> None:
    problem = b'{"code":"missing","title":"Not found"}'
    with serving(plain(404, problem), plain(502, b"<html>"), plain(200, b"<html>")) as (address, _):
        wire = Wire(address)
        with pytest.raises(Refused) as caught:
            wire.call("GET", "/x")
        assert (caught.value.code, caught.value.status) == ("missing", 404)
        for _ in range(2):
            with pytest.raises(Failure) as broken:
                wire.call("GET", "/x")
            assert broken.value.code == "broken"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_what_breaks_off_is_unreachable(answer: bytes) -> None:
    with serving(answer) as (address, _), pytest.raises(Failure) as caught:
        Wire(address).fetch("GET", "/x")
    assert caught.value.code == "unreachable"


def test_a_redirect_is_not_followed() -> None:
    with serving(plain(307, b"", "Location: http://192.0.2.1/")) as (address, heard):
        assert Wire(address).fetch("GET", "/x").status == 307
    assert len(heard) == 1


def test_a_server_without_a_trusted_certificate_is_not_spoken_to() -> None:
    with serving(b"HTTP/1.1 200 X\r\n\r\n") as (address, heard):
        secure = address.replace("http:", "https:")
        with pytest.raises(Failure) as caught:
            Wire(secure, "tst_1_x", trust=ssl.create_default_context()).call("GET", "/x")
    assert caught.value.code == "unreachable"
    assert b"tst_1_x" not in heard[0]


@pytest.mark.parametrize("address", ["", "node.example", "ftp://node.example", "https://"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(Failure):
        Wire(address)


def test_an_empty_answer_is_nothing() -> None:
    assert Answer(204, {}, b"").json() is None
