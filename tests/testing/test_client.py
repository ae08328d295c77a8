"""The client against servers of a few lines: what it sends, and what it makes of odd answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pyotp import TOTP

from tongshi.testing.client import Client, Refused

pytestmark = pytest.mark.network

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Server(HTTPServer):
    """Answers with *answers* in turn: status, headers, body.  asked: what came."""

    def __init__(self, answers: list[tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers = answers
        self.asked: list[dict[str, Any]] = []


class Answering(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = {"line": f"{self.command} {self.path}", "body": body, **self.headers}
        self.server.asked.append(asked)
        status, headers, data = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[Server, Client]]:
    with Server(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server, Client(f"http://127.0.0.1:{server.server_port}", timeout=10.0)
        finally:
            server.shutdown()
            thread.join()


def test_a_session_is_kept() -> None:
    given = {"Set-Cookie": "session=abc; HttpOnly; Path=/"}
    me = json.dumps({"name": "admin"}).encode()
    with serving((200, given, me), (204, {}, b""), (200, {}, b"[1]")) as (server, client):
        assert client.sign_in("admin", "one") == {"name": "admin"}
        client.change_password("one", "two")
        assert client.call("GET", "/devices?size=5") == [1]
    first, second, third = server.asked
    assert first["line"] == "POST /api/session"
    assert json.loads(first["body"]) == {"name": "admin", "password": "one"}
    assert first["Content-Type"] == "application/json"
    assert first["Origin"] == client.address
    assert "Cookie" not in first
    assert json.loads(second["body"]) == {"present": "one", "new": "two"}
    assert second["Cookie"] == "session=abc"
    assert (third["line"], third["body"]) == ("GET /api/devices?size=5", b"")
    assert "Content-Type" not in third


@pytest.mark.parametrize("first", ["", "totp"])
def test_an_account_does_first_what_it_has_to(first: str) -> None:
    me = json.dumps({"first": first}).encode()
    answers: list[tuple[int, dict[str, str], bytes]] = [
        (200, {}, me),
        (204, {}, b""),
        (200, {}, me),
    ]
    if first:
        secret = json.dumps({"secret": SECRET}).encode()
        answers += [(200, {}, secret), (200, {}, b'{"codes": []}')]
    with serving(*answers) as (server, client):
        fresh = client.begin("admin", "one")
    entered, changed, *_ = (json.loads(each["body"] or b"{}") for each in server.asked)
    assert entered == {"name": "admin", "password": "one"}
    assert changed == {"present": "one", "new": fresh}
    lines = [each["line"] for each in server.asked[3:]]
    assert lines == (["POST /api/session/totp", "POST /api/session/totp/confirm"] if first else [])
    if first:
        assert TOTP(SECRET).verify(json.loads(server.asked[-1]["body"])["code"], valid_window=1)


def test_a_token_instead_of_a_session() -> None:
    with serving((200, {}, b"{}")) as (server, client):
        client.token, client.cookie = "tst_1_x", "session=abc"
        client.call("GET", "/devices")
    assert server.asked[0]["Authorization"] == "Bearer tst_1_x"
    assert "Cookie" not in server.asked[0]


def test_a_code_goes_along() -> None:
    with serving((200, {}, b"{}")) as (server, client):
        client.sign_in("admin", "one", "123456")
    assert json.loads(server.asked[0]["body"])["code"] == "123456"


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b'{"code": "missing", "detail": "no such view"}', "missing", "no such view"),
        (b"<html>Bad Gateway</html>", None, "<html>Bad Gateway</html>"),
        (b'["a list"]', None, '["a list"]'),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
        (b"", None, ""),
    ],
)
def test_a_refusal_is_raised_whatever_it_looks_like(
    body: bytes, code: str | None, detail: str
) -> None:
    with serving((404, {}, body)) as (_, client), pytest.raises(Refused) as caught:
        client.call("GET", "/live/x")
    assert caught.value.status == 404
    assert caught.value.problem.get("code") == code
    assert caught.value.problem["detail"] == detail
    assert str(caught.value) == f"404 {code}: {detail}"


def test_bytes_and_nothing() -> None:
    with serving((200, {}, b"\xff\xd8 jpeg"), (204, {}, b"")) as (_, client):
        assert client.fetch("POST", "/snapshots", {}) == b"\xff\xd8 jpeg"
        assert client.call("DELETE", "/live/x") is None


def test_an_answer_that_leads_somewhere_is_followed() -> None:
    moved = (307, {"Location": "/api/files/1?key=k"}, b"")
    with serving(moved, (200, {}, b"the file")) as (server, client):
        assert client.fetch("GET", "/files/1") == b"the file"
        assert [asked["line"] for asked in server.asked] == [
            "GET /api/files/1",
            "GET /api/files/1?key=k",
        ]


def test_bytes_are_sent_as_they_are() -> None:
    with serving((200, {}, b"")) as (server, client):
        client.fetch("POST", "/firmware", b"\x00\x01")
        asked = server.asked[0]
        assert (asked["body"], asked["Content-Type"]) == (b"\x00\x01", "application/octet-stream")


def test_what_is_no_http_is_an_error_of_the_system() -> None:
    with (
        serving((200, {"Content-Length": "10"}, b"cut")) as (_, client),
        pytest.raises(ConnectionError, match="no HTTP: IncompleteRead"),
    ):
        client.fetch("GET", "/devices")
    with pytest.raises(ConnectionRefusedError):
        client.fetch("GET", "/devices")
