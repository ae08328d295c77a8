"""The load generator against a registrar of a few lines, over real sockets."""

import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tongshi.digest import Credentials, verify
from tongshi.sim import load
from tongshi.sim.load import Devices, Tally, Target, authorize
from tongshi.sip.message import Request, parse

pytestmark = pytest.mark.network

WORD = "12345678"


class Registrar:
    """Answers in a thread: 401 then 200 to REGISTER, 200 to MESSAGE.

    deaf: requests to ignore.  final: status of what is accepted.  qop: asked for.
    """

    def __init__(self) -> None:
        self.deaf = 0
        self.final = 200
        self.qop = ', qop="auth"'
        self.seen: Counter[str] = Counter()
        self.proofs: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.socket.getsockname()[1], WORD)

    def serve(self) -> None:
        while True:
            data, source = self.socket.recvfrom(65536)
            if data == b"stop":
                return
            self.socket.sendto(b"OPTIONS sip:x SIP/2.0\r\n\r\n", source)  # which devices ignore
            if self.deaf:
                self.deaf -= 1
                continue
            request = parse(data)
            assert isinstance(request, Request)
            self.seen[request.from_user] += 1
            self.socket.sendto(self.answer(request), source)

    def answer(self, request: Request) -> bytes:
        proof = request.headers.get("Authorization")
        if request.method == "REGISTER" and proof is None:
            challenge = f'Digest realm="r", nonce="n", algorithm=MD5{self.qop}'
            return request.response(401, headers=[("WWW-Authenticate", challenge)]).encode()
        if proof is not None:
            self.proofs.append(proof)
        return request.response(self.final).encode()

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"stop", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@pytest.fixture(name="registrar")
def running_registrar() -> Iterator[Registrar]:
    registrar = Registrar()
    yield registrar
    registrar.close()


@pytest.mark.parametrize("qop", [', qop="auth"', ""])
def test_every_device_registers_with_a_proof(registrar: Registrar, qop: str) -> None:
    registrar.qop = qop
    with Devices(registrar.target, 100) as devices:
        tally = devices.register(window=16)
    assert (tally.done, tally.refused, tally.lost) == (100, {}, 0)
    assert registrar.seen == dict.fromkeys(devices.ids, 2)
    for proof in registrar.proofs:
        assert verify(Credentials.parse(proof), method="REGISTER", password=WORD)
    assert tally.rate > 0
    assert len(tally.times) == 100


def test_refusals_are_counted_by_status(registrar: Registrar) -> None:
    registrar.final = 403
    with Devices(registrar.target, 10) as devices:
        assert devices.register().refused == {403: 10}


def test_keepalives_come_from_all_devices_in_turn(registrar: Registrar) -> None:
    with Devices(registrar.target, 10, sockets=3) as devices:
        tally = devices.keep_alive_at(2000, 0.05)
        assert tally.done == 100
        assert set(registrar.seen.values()) == {10}
        saturated = devices.keep_alive(0.05, window=4)
        assert saturated.done > 0
        assert saturated.quantile(0.0) <= saturated.quantile(0.5) <= saturated.quantile(1.0)


def test_what_is_not_answered_is_sent_again_or_given_up(
    registrar: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "RESEND", 0.02)
    monkeypatch.setattr(load, "GIVE_UP", 0.2)
    registrar.deaf = 3
    with Devices(registrar.target, 5) as devices:
        tally = devices.register()
        assert (tally.done, tally.lost) == (5, 0)
        assert tally.resent >= 3
        registrar.deaf = 10**6
        lost = devices.keep_alive_at(1000, 0.01)
        assert (lost.done, lost.lost) == (0, 10)


def test_challenges_that_nobody_answers(registrar: Registrar) -> None:
    with Devices(registrar.target, 10) as devices:
        assert devices.challenge(600) == 600
    assert registrar.proofs == []


def test_a_tally_of_nothing() -> None:
    assert (Tally().rate, Tally().quantile(0.5)) == (0.0, 0.0)


def test_a_proof_without_qop_is_that_of_rfc_2069() -> None:
    target = Target("h", 1, WORD, realm="3402000000")
    line = authorize(target, "34020000001320000001", "3402000000", "6fe9ba44a76be22a", qop=False)
    assert 'response="6a2143ae65b119e276a75f0a4a8992b7"' in line
    assert re.fullmatch(r"Authorization: Digest [^\r\n]+\r\n", line)
