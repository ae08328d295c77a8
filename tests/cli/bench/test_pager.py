import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tongshi.cli.bench.pager import Order, run

ASKED: tuple[str, ...] = ("/a", "/b")


class Pages(BaseHTTPRequestHandler):
    """Answers /a and /b to who has a cookie."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = self.path in ASKED and self.headers["Cookie"]
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.network
def test_each_page_is_asked_for_by_each_in_every_round(port: int) -> None:
    order = Order("127.0.0.1", port, list(ASKED), {"one": "x=1"}, 3)
    times = run(order)
    assert {page: {who: len(took) for who, took in by.items()} for page, by in times.items()} == {
        page: {"one": 3} for page in ASKED
    }
    assert all(took > 0 for by in times.values() for took in by["one"])


@pytest.mark.network
def test_what_is_no_success_is_no_figure(port: int) -> None:
    with pytest.raises(RuntimeError, match="404"):
        run(Order("127.0.0.1", port, ["/c"], {"one": "x=1"}, 1))


@pytest.mark.network
def test_it_is_a_process_of_its_own(port: int) -> None:
    order = Order("127.0.0.1", port, ["/a"], {"one": "x=1"}, 2, core=0)
    told = subprocess.run(
        [sys.executable, "-m", "tongshi.cli.bench.pager"],
        input=order.as_json() + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert len(json.loads(told.stdout)["/a"]["one"]) == 2
