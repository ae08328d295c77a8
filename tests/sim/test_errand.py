"""Uploads and downloads against a server on the loopback interface."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tongshi.sim import errand
from tongshi.sim.errand import Fetched, fetch, upload
from tongshi.sim.quirks import Quirks

pytestmark = pytest.mark.network

NAME = "3402000000131000000102" + "20240506070809123" + "01"


class Received:
    """What came: method, path, kind, body."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, str, bytes]] = []


@contextmanager
def server(status: int = 200, body: bytes = b"", told: int | None = None) -> Iterator[
    tuple[str, Received]
]:  # fmt: skip
    received = Received()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            kind = self.headers.get("Content-Type") or ""
            received.all.append((self.command, self.path, kind, self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if told is None else told))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/up?key=a", received
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.mark.clause("9.14.3")
@pytest.mark.parametrize(
    ("names", "method", "path", "kind"),
    [
        ((), "POST", "/up?key=a", "multipart/form-data"),
        (("upload-raw",), "POST", "/up?key=a", "image/jpeg"),
        (("upload-put",), "PUT", "/up?key=a", "image/jpeg"),
        (("upload-raw", "upload-appended"), "POST", f"/up?key=a/{NAME}.jpg", "image/jpeg"),
    ],
)
def test_pictures_are_uploaded(names: tuple[str, ...], method: str, path: str, kind: str) -> None:
    with server() as (url, received):
        assert upload(url, NAME, b"\xff\xd8picture", Quirks.of(names)) == ""
    [(used, where, content, body)] = received.all
    assert (used, where) == (method, path)
    assert content.startswith(kind)
    assert b"\xff\xd8picture" in body
    assert (f'filename="{NAME}.jpg"'.encode() in body) is (kind != "image/jpeg")


def test_uploads_that_fail_say_why() -> None:
    with server(403) as (url, _):
        assert upload(url, NAME, b"x", Quirks.of([])) == "status 403"
    assert upload("ftp://127.0.0.1/x", NAME, b"x", Quirks.of([])).startswith("not an address")
    assert upload("http://127.0.0.1:9/x", NAME, b"x", Quirks.of([]))
    assert upload("https://127.0.0.1:9/x", NAME, b"x", Quirks.of([]))


@pytest.mark.clause("9.13.2")
def test_firmware_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(body=b"f" * 100_000) as (url, _):
        assert fetch(url) == Fetched(100_000)
        monkeypatch.setattr(errand, "MOST_FIRMWARE", 1000)
        assert fetch(url).why == "too large"
    with server(404) as (url, _):
        assert fetch(url) == Fetched(0, "status 404")
    with server() as (url, _):
        assert fetch(url) == Fetched(0, "empty")
    with server(body=b"abc", told=99) as (url, _):
        assert fetch(url).why
    assert fetch("http://127.0.0.1:9/f").why
