import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.audit.conftest import Town

from tongshi.audit.chain import name_node
from tongshi.audit.head import Head, Purpose, SignedHead, sign
from tongshi.audit.statement import read_witness
from tongshi.audit.witness.service import RETRY, Superior, Witnesses, WitnessFile
from tongshi.errors import Exhausted, Invalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def head(number: int) -> SignedHead:
    told = Head(Purpose.HEAD, name_node(PUBLIC), number, number, "ab" * 32, 1.5, 1, 1.0, 0.5)
    return sign(told, KEY)


def kept(file: WitnessFile) -> list[SignedHead]:
    with file.path.open() as lines:
        return list(read_witness(lines))


# The file


def test_heads_are_only_ever_appended(tmp_path: Path) -> None:
    file = WitnessFile(tmp_path / "deep" / "down", "n")
    assert file.last() is None
    file.append([head(1), head(2)])
    file.append([head(3)])
    assert kept(file) == [head(1), head(2), head(3)]
    assert file.last() == head(3)
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_torn_line_spoils_no_later_one(tmp_path: Path) -> None:
    file = WitnessFile(tmp_path, "n")
    file.append([head(1), head(2)])
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-20])
    assert file.last() == head(1)
    file.append([head(2)])
    assert file.path.read_bytes().count(b"\n") == 3
    assert file.last() == head(2)


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    file = WitnessFile(tmp_path / "x", "n")
    with pytest.raises(Exhausted, match="cannot be written"):
        file.append([head(1)])
    (tmp_path / "n.jsonl").mkdir()
    with pytest.raises(Exhausted, match="cannot be read"):
        WitnessFile(tmp_path, "n").last()


# The superior


class Listener(HTTPServer):
    """A superior that says what a test wants."""

    status = 200
    body = b'{"number": 7}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heard: list[tuple[str, str, dict[str, object]]] = []


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listener)
        size = int(self.headers["Content-Length"])
        told = json.loads(self.rfile.read(size))
        self.server.heard.append((self.path, self.headers["Authorization"], told))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(" the-secret\n")
    return path


@pytest.mark.network
def test_heads_are_handed_over_with_the_secret(listener: Listener, token: Path) -> None:
    superior = Superior(f"http://127.0.0.1:{listener.server_port}/", token)
    assert superior.push(PUBLIC, [head(1)]) == 7
    ((path, secret, told),) = listener.heard
    assert (path, secret) == ("/api/witness", "Bearer the-secret")
    assert told["key"] == PUBLIC.hex()


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b"{}"),
        (307, b'{"number": 7}'),
        (500, b""),
        (200, b""),
        (200, b"[]"),
        (200, b'{"number": true}'),
        (200, b'{"number": "7"}'),
        (200, b"\xff"),
    ],
)
def test_any_other_answer_is_no_success(
    listener: Listener, token: Path, status: int, body: bytes
) -> None:
    listener.status, listener.body = status, body
    superior = Superior(f"http://127.0.0.1:{listener.server_port}", token)
    with pytest.raises(Exhausted):
        superior.push(PUBLIC, [head(1)])


def test_nobody_there_and_no_secret_are_told(token: Path, tmp_path: Path) -> None:
    with pytest.raises(Exhausted, match="takes no heads"):
        Superior("http://127.0.0.1:1", token).push(PUBLIC, [head(1)])
    with pytest.raises(Exhausted, match="takes no heads"):
        Superior("http://127.0.0.1:1", tmp_path / "none").push(PUBLIC, [head(1)])


@pytest.mark.parametrize(
    "url", ["", "host:80", "ftp://host", "http://", "http://host:99999", "http://host/?x=1"]
)
def test_an_address_that_is_none_is_refused(url: str, token: Path) -> None:
    with pytest.raises(Invalid, match="not the address of a node"):
        Superior(url, token)


# All of them


@pytest.mark.network
def test_a_superior_gets_the_newest_head_and_then_each(
    town: Town, listener: Listener, token: Path
) -> None:
    town.act()
    town.audit.seal()
    listener.body = b'{"number": 2}'
    place = (f"http://127.0.0.1:{listener.server_port}", token)
    ways = Witnesses(town.engine, town.clock, town.audit.key, None, place)
    assert ways.resume() is None
    ways.testify()
    town.act()
    town.audit.seal()
    listener.body = b'{"number": 3}'
    ways.testify()
    ways.testify()
    told = [heard[2]["heads"] for heard in listener.heard]
    numbers = [[one["number"] for one in heads] for heads in told if isinstance(heads, list)]
    assert numbers == [[2], [3]]
    assert ways.figures() == {"superior": ""}


@pytest.mark.network
def test_a_superior_that_is_away_is_tried_again_later(
    town: Town, listener: Listener, token: Path
) -> None:
    listener.status = 503
    place = (f"http://127.0.0.1:{listener.server_port}", token)
    ways = Witnesses(town.engine, town.clock, town.audit.key, None, place)
    ways.testify()
    ways.testify()
    assert len(listener.heard) == 1
    assert "status 503" in ways.figures()["superior"]
    listener.status, listener.body = 200, b'{"number": 1}'
    town.clock.wind(RETRY[0])
    ways.testify()
    assert len(listener.heard) == 2
    assert ways.figures() == {"superior": ""}


def test_a_witness_file_that_cannot_be_read_stops_nobody(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "other"
    ways = Witnesses(town.engine, town.clock, town.audit.key, folder, None)
    ways.testify()
    ways.testify()
    place = folder / f"{town.audit.node}.jsonl"
    assert len(place.read_text().splitlines()) == 1
    place.write_text("nothing\n")
    assert ways.resume() is None
    assert "witness-unreadable" in caplog.text
