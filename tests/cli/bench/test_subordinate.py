import json
import socket
import subprocess
import sys

import pytest

from tongshi.cli.bench.subordinate import Order, Subordinate, catalog_of, compose
from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.identifier import Role
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer
from tongshi.gb28181.version import Version
from tongshi.sip.headers import Headers
from tongshi.sip.message import Request, Response, parse

DEVICE = "34020000002000000002"


def order(port: int = 1, items: int = 100, each: int = 40, window: int = 1) -> Order:
    return Order("127.0.0.1", port, "secret", DEVICE, items, each, window, "UDP")


def test_an_order_survives_its_line() -> None:
    assert Order(**json.loads(order().as_json())) == order()


def test_a_catalog_has_as_many_items_as_ordered() -> None:
    items = catalog_of(order(items=1000))
    assert len({item.device_id for item in items}) == 1000
    roles = [item.role for item in items]
    assert (roles.count(Role.GROUP), roles.count(Role.CAMERA)) == (10, 990)


def test_the_parts_are_the_catalog() -> None:
    items = catalog_of(order())
    found: list[Item] = []
    for body in compose(order(), items):
        assert body.count(b"<SN>0</SN>") == 1
        part = manscdp.read(body)
        assert isinstance(part, CatalogAnswer)
        assert (part.sum_num, part.num) == (100, len(part.items))
        found += part.items
    assert found == items


class Platform:
    """The other end of a subordinate's socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.port: int = self.socket.getsockname()[1]

    def take(self) -> Request | Response:
        data, self.peer = self.socket.recvfrom(65536)
        return parse(data)

    def answer(self, status: int, challenge: str = "") -> Request:
        request = self.take()
        assert isinstance(request, Request)
        headers = [("WWW-Authenticate", challenge)] if challenge else []
        response = request.response(status, to_tag="t", headers=headers)
        self.socket.sendto(response.encode(), self.peer)
        return request

    def ask(self, query: CatalogQuery | DeviceInfoQuery) -> None:
        headers = Headers()
        for name, value in (
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKq"),
            ("From", "<sip:p@3402000000>;tag=p"),
            ("To", f"<sip:{DEVICE}@3402000000>"),
            ("Call-ID", "q"),
            ("CSeq", "1 MESSAGE"),
        ):
            headers.add(name, value)
        body = manscdp.write(query, Version.V2016)
        request = Request("MESSAGE", f"sip:{DEVICE}@3402000000", headers, body)
        self.socket.sendto(request.encode(), self.peer)


@pytest.mark.network
def test_it_registers_answers_and_tells() -> None:
    platform = Platform()
    process = subprocess.Popen(
        [sys.executable, "-m", "tongshi.cli.bench.subordinate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(order(platform.port, window=2).as_json() + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"event": "ready"}
    platform.answer(401, 'Digest realm="3402000000", nonce="n"')
    authorized = platform.answer(200)
    assert 'username="34020000002000000002"' in (authorized.headers.get("Authorization") or "")
    platform.ask(DeviceInfoQuery(7, DEVICE))
    assert isinstance(platform.take(), Response)
    described = manscdp.read(platform.answer(200).body)
    assert isinstance(described, DeviceInfoAnswer)
    platform.ask(CatalogQuery(8, DEVICE))
    assert isinstance(platform.take(), Response)
    received = 0
    for status in (200, 500, 200):
        part = manscdp.read(platform.answer(status).body)
        assert isinstance(part, CatalogAnswer)
        assert part.sn == 8
        received += len(part.items)
    assert received == 100
    said = json.loads(process.stdout.readline())
    assert said["event"] == "sent"
    assert said["refused"] == {"500": 1}
    assert said["ended"] >= said["began"]
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()
    platform.socket.close()


@pytest.mark.network
def test_a_refused_registration_ends_it() -> None:
    platform = Platform()
    process = subprocess.Popen(
        [sys.executable, "-m", "tongshi.cli.bench.subordinate"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(order(platform.port).as_json() + "\n")
    process.stdin.flush()
    platform.answer(401, 'Digest realm="r", nonce="n", qop="auth"')
    platform.answer(403)
    assert "refused the registration with 403" in process.communicate()[1]
    assert process.returncode == 1
    platform.socket.close()


@pytest.mark.network
def test_a_part_without_an_answer_is_sent_again() -> None:
    platform = Platform()
    subordinate = Subordinate(order(platform.port, items=1), lambda _: None)
    platform.peer = (subordinate.host, subordinate.port)
    platform.ask(CatalogQuery(8, DEVICE))
    found: list[bytes] = []
    while len(found) < 3:  # the answer to the query, the part, the part again
        subordinate.serve(platform.socket.fileno())
        found.append(platform.socket.recv(65536))
    assert found[0].startswith(b"SIP/2.0 200")
    assert found[1].startswith(b"MESSAGE")
    assert found[1] == found[2]
    subordinate.close()
    platform.socket.close()
