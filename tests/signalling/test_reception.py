"""What peers ask, and what they are answered: datagrams in, datagrams out."""

import asyncio
from collections.abc import Callable

import pytest

from tongshi.digest import Challenge, Nonces, answer
from tongshi.gb28181.manscdp import CONTENT_TYPE, Message, write
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer
from tongshi.gb28181.registration import Registrar, Terms
from tongshi.gb28181.version import Version
from tongshi.signalling.answers import CATALOG
from tongshi.signalling.event import (
    PartsFaulty,
    Presence,
    RegistrationRefused,
    SignallingEvent,
)
from tongshi.signalling.neighbours import Neighbour, Neighbours, Rules
from tongshi.signalling.reception import Reception
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import AckArrived, Cancelled, RequestArrived, Unacknowledged
from tongshi.sip.message import Request, Response, parse
from tongshi.testing.timeless import LoopClock, run

HOME = Address("192.0.2.20", 5060, "udp", "x")
CAMERA = "34020000001320000001"
SERVER = "34020000002000000001"


class Bench:
    """A reception over an endpoint; time is the loop's."""

    def __init__(self, limit: int = 10) -> None:
        self.events: list[SignallingEvent] = []
        self.byes: list[str] = []
        self.endpoint = Endpoint(new_token=iter(map(str, range(10**9))).__next__)
        self.clock = LoopClock()
        self.neighbours = Neighbours(Rules(limit=limit), self.events.append)
        self.waiting = Waiting(0, first=120, gap=5)
        self.passwords = dict.fromkeys((f"camera{number}" for number in range(99)), "secret")
        self.passwords[CAMERA] = "secret"
        registrar = Registrar(
            Terms("3402000000"),
            Nonces(b"k" * 32),
            password_of=self.passwords.get,
            is_registered=lambda device_id: self.neighbours.get(device_id) is not None,
        )
        self.reception = Reception(
            self.endpoint,
            registrar,
            self.neighbours,
            self.waiting,
            self.end_call,
            self.events.append,
            self.clock,
        )
        self.number = 0

    def end_call(self, request: Request) -> bool:
        self.byes.append(request.call_id)
        return request.call_id == "known"

    def send(self, request: Request, source: Address = HOME) -> Response:
        """Return the one answer to *request*."""
        self.number += 1
        branch = f"z9hG4bK{self.number}"
        request.headers.insert("Via", f"SIP/2.0/UDP 10.0.0.1:5060;rport;branch={branch}")
        self.endpoint.receive(request.encode(), source, self.clock.now())
        for event in self.endpoint.events():
            if isinstance(event, RequestArrived):
                self.reception.arrived(event)
        ((data, target),) = self.endpoint.outgoing()
        assert target == source
        response = parse(data)
        assert isinstance(response, Response)
        return response

    def request(
        self,
        method: str,
        body: bytes = b"",
        device_id: str = CAMERA,
        call_id: str = "call",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Request:
        return Request(
            method,
            f"sip:{SERVER}@3402000000",
            [
                ("From", f"<sip:{device_id}@3402000000>;tag=1"),
                ("To", f"<sip:{SERVER}@3402000000>;tag=2"),
                ("Call-ID", call_id),
                ("CSeq", f"1 {method}"),
                ("Content-Type", CONTENT_TYPE),
                *headers,
            ],
            body,
        )

    def register(
        self,
        device_id: str = CAMERA,
        word: str = "secret",
        expires: int = 3600,
        source: Address = HOME,
    ) -> int:
        """Register with digest; return the final status."""
        wish = (("Expires", str(expires)), ("Contact", f"<sip:{device_id}@10.0.0.1>"))
        challenged = self.send(self.request("REGISTER", b"", device_id, headers=wish), source)
        if challenged.status != 401:
            return challenged.status
        told = challenged.headers.get("WWW-Authenticate") or ""
        credentials = answer(
            Challenge.parse(told),
            method="REGISTER",
            uri=f"sip:{SERVER}@3402000000",
            username=device_id,
            password=word,
            cnonce="c",
        )
        proof = (("Authorization", str(credentials)), *wish)
        again = self.request("REGISTER", b"", device_id, headers=proof)
        return self.send(again, source).status

    def message(self, body: bytes, device_id: str = CAMERA, source: Address = HOME) -> int:
        return self.send(self.request("MESSAGE", body, device_id), source).status

    def beat(self, device_id: str = CAMERA, named: str = "", source: Address = HOME) -> int:
        body = write(Keepalive(1, named or device_id), Version.V2016)
        return self.message(body, device_id, source)


def bench(work: Callable[[Bench], None], limit: int = 10) -> None:
    async def main() -> None:
        work(Bench(limit))

    run(main())


@pytest.mark.clause("9.1.2.1", "9.1.2.2", "9.6.2")
def test_a_device_registers_keeps_alive_and_leaves() -> None:
    def work(bench: Bench) -> None:
        assert bench.beat() == 404
        assert bench.register() == 200
        assert bench.beat() == 200
        assert bench.register(expires=0) == 200
        assert bench.beat() == 403
        counts = bench.reception.counters
        assert counts["register 401"] == 2
        assert counts["keepalive 404"] == counts["keepalive 403"] == 1

    bench(work)


def test_a_logout_before_any_registration_is_answered() -> None:
    def work(bench: Bench) -> None:
        assert bench.register(expires=0) == 200
        assert len(bench.neighbours) == 0

    bench(work)


def test_refusals_are_told_once_a_flush() -> None:
    def work(bench: Bench) -> None:
        for _ in range(3):
            assert bench.register(word="wrong") == 403
        assert bench.register("stranger") == 403
        bench.reception.flush()
        bench.reception.flush()
        told = [event for event in bench.events if isinstance(event, RegistrationRefused)]
        assert [(event.device_id, event.why) for event in told] == [
            (CAMERA, "wrong credentials"),
            ("stranger", "unknown device"),
        ]

    bench(work)


def test_a_storm_of_refusals_costs_a_bounded_amount() -> None:
    def work(bench: Bench) -> None:
        for number in range(1500):
            bench.register(f"stranger{number}")
        bench.reception.flush()
        assert len(bench.events) == 1000
        assert bench.reception.counters["register 403"] == 1500

    bench(work)


def test_a_full_house_says_so() -> None:
    def work(bench: Bench) -> None:
        assert [bench.register(f"camera{number}") for number in range(3)] == [200, 200, 503]
        assert bench.register("camera1") == 200

    bench(work, limit=2)


def test_a_keepalive_under_another_name_counts_from_the_same_host() -> None:
    def work(bench: Bench) -> None:
        bench.register()
        assert bench.beat("34020000001310000009", named=CAMERA) == 200
        elsewhere = HOME._replace(host="198.51.100.1")
        assert bench.beat("34020000001310000009", named=CAMERA, source=elsewhere) == 404
        assert bench.beat("stranger", named="stranger2") == 404

    bench(work)


def test_messages_without_a_body_are_signs_of_life_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work(bench: Bench) -> None:
        assert bench.message(b"") == 400
        bench.register()
        assert [bench.message(b""), bench.message(b"")] == [400, 400]
        assert bench.reception.counters["message empty"] == 3
        assert [record.getMessage().split()[0] for record in caplog.records] == [
            "event=body-missing"
        ]

    bench(work)


def test_answers_go_to_who_waits_for_them() -> None:
    async def main() -> None:
        bench = Bench()
        bench.register()
        wait = bench.waiting.one(CAMERA, HOME, DeviceInfoAnswer, lambda: None)
        body = write(DeviceInfoAnswer(wait.sn, CAMERA, name="大门"), Version.V2016)
        assert bench.message(body, "another") == 200
        assert (await bench.waiting.result(wait)).name == "大门"
        assert bench.message(body) == 200  # nobody waits any more, but it is a device of ours
        assert bench.message(body, "stranger") == 403

    run(main())


def test_nobody_elsewhere_answers_or_speaks_for_a_device() -> None:
    async def main() -> None:
        bench = Bench()
        bench.register()
        elsewhere = HOME._replace(host="198.51.100.66")
        wait = bench.waiting.one(CAMERA, HOME, DeviceInfoAnswer, lambda: None)
        body = write(DeviceInfoAnswer(wait.sn, CAMERA, name="false"), Version.V2016)
        assert bench.message(body, CAMERA, elsewhere) == 403
        assert (bench.waiting.taken, bench.waiting.strays) == (0, 1)
        assert bench.message(body + b" " * 3000, CAMERA, elsewhere) == 403
        assert bench.waiting.strays == 1  # so long a body was not even read
        assert bench.beat(source=elsewhere) == 403
        assert bench.register(word="wrong", source=elsewhere) == 403
        assert bench.register(word="wrong", expires=0, source=elsewhere) == 403
        device = bench.neighbours.get(CAMERA)
        assert device is not None
        assert (device.address, device.state) == (HOME, Presence.ONLINE)
        bench.waiting.end(wait)

    run(main())


def test_a_long_body_is_read_only_where_something_is_known_of_its_sender() -> None:
    async def main() -> None:
        bench = Bench()
        body = write(CatalogAnswer(1, "x" * 40 + "y", 0), Version.V2016) + b" " * 3000
        assert bench.message(body, "stranger") == 403
        assert bench.message(b"<" * 3000, "stranger") == 403
        wait = bench.waiting.parts("other", HOME, CATALOG, lambda: None)
        assert bench.message(b"<" * 3000, "stranger") == 400
        bench.waiting.end(wait)
        await asyncio.sleep(0)

    run(main())


@pytest.mark.parametrize(
    "body",
    [b"", b"<", b"\xff" * 100, b"<a/>", b"<Notify><CmdType/></Notify>", b"<!DOCTYPE a><Notify/>"],
)
def test_bodies_that_cannot_be_read_are_refused(body: bytes) -> None:
    def work(bench: Bench) -> None:
        bench.register()
        assert bench.message(body) == 400

    bench(work)


def test_other_messages_of_devices_are_taken() -> None:
    def work(bench: Bench) -> None:
        body = b"<Notify><CmdType>MediaStatus</CmdType><SN>8</SN><DeviceID>a</DeviceID></Notify>"
        assert bench.message(body) == 403
        bench.register()
        assert bench.message(body) == 200

    bench(work)


def test_other_methods() -> None:
    def work(bench: Bench) -> None:
        assert bench.send(bench.request("BYE", call_id="known")).status == 200
        assert bench.send(bench.request("BYE", call_id="unknown")).status == 481
        options = bench.send(bench.request("OPTIONS"))
        assert (options.status, "MESSAGE" in (options.headers.get("Allow") or "")) == (200, True)
        assert bench.send(bench.request("NOTIFY")).status == 481
        assert bench.send(bench.request("INFO")).status == 481
        assert bench.send(bench.request("SUBSCRIBE")).status == 405
        assert bench.send(bench.request("BREW")).status == 405
        assert bench.send(bench.request("INVITE")).status == 488
        assert bench.byes == ["known", "unknown"]

    bench(work)


def test_a_message_goes_to_the_taker_of_its_type_from_a_known_device_only() -> None:
    def work(bench: Bench) -> None:
        taken: list[tuple[str, int]] = []

        def take(neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
            assert isinstance(message, DeviceInfoAnswer)
            taken.append((neighbour.device_id, message.sn))
            return 202

        bench.reception.takers[DeviceInfoAnswer] = take
        body = write(DeviceInfoAnswer(7, CAMERA), Version.V2016)
        assert bench.message(body) == 403
        bench.register()
        assert bench.message(body) == 202
        assert bench.message(body, "34020000001310000009") == 202  # by the id in the body
        assert bench.message(body, source=HOME._replace(host="198.51.100.1")) == 403
        assert taken == [(CAMERA, 7), (CAMERA, 7)]

    bench(work)


def test_what_belongs_to_a_dialog_is_answered_by_its_owner() -> None:
    def work(bench: Bench) -> None:
        asked: list[str] = []

        def claim(arrived: RequestArrived) -> Response | None:
            asked.append(arrived.request.method)
            ours = arrived.request.call_id == "mine"
            return arrived.request.response(299) if ours else None

        bench.reception.in_dialog += [lambda arrived: None, claim]
        bench.register()
        body = write(DeviceInfoAnswer(7, CAMERA), Version.V2016)
        for method in ("BYE", "INFO", "NOTIFY", "MESSAGE"):
            mine = bench.request(method, body, call_id="mine")
            assert bench.send(mine).status == 299
            other = bench.request(method, body, call_id="other")
            assert bench.send(other).status == (200 if method == "MESSAGE" else 481)
        assert asked == ["BYE", "BYE", "INFO", "INFO", "NOTIFY", "NOTIFY", "MESSAGE", "MESSAGE"]
        bench.reception.acknowledged(AckArrived(bench.request("ACK"), HOME))
        assert asked[-1] == "ACK"
        assert bench.reception.counters["info 299"] == 1

    bench(work)


def test_an_invite_is_answered_by_who_takes_calls() -> None:
    def work(bench: Bench) -> None:
        def ring(arrived: RequestArrived) -> None:
            bench.endpoint.reply(arrived, arrived.request.response(486), bench.clock.now())

        withdrawn: list[Cancelled | Unacknowledged] = []
        bench.reception.invited = ring
        bench.reception.withdrawn.append(withdrawn.append)
        assert bench.send(bench.request("INVITE")).status == 486
        request = bench.request("INVITE")
        request.headers.insert("Via", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx")
        cancelled = Cancelled(RequestArrived(request, HOME, "key", HOME))
        bench.reception.withdraw(cancelled)
        assert withdrawn == [cancelled]

    bench(work)


@pytest.mark.clause("A.2.5.2", "9.6.1")
def test_faulty_parts_are_told_when_they_change() -> None:
    def work(bench: Bench) -> None:
        bench.register()
        for parts in ((), ("a",), ("a",), ("a", "b"), (), ()):
            body = write(Keepalive(1, CAMERA, faulty=parts), Version.V2016)
            assert bench.message(body) == 200
        told = [event.parts for event in bench.events if isinstance(event, PartsFaulty)]
        assert told == [("a",), ("a", "b"), ()]
        stranger = write(Keepalive(1, "stranger", faulty=("a",)), Version.V2016)
        assert bench.message(stranger, "stranger") == 404
        assert len([event for event in bench.events if isinstance(event, PartsFaulty)]) == 3

    bench(work)
