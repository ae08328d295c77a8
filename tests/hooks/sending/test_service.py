import asyncio
import datetime
import ssl
from collections.abc import Callable, Coroutine, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tongshi.errors import Invalid
from tongshi.hooks.hook import Outcome
from tongshi.hooks.sending.service import Resolver, Sender, SendRules
from tongshi.hooks.target import read_networks
from tongshi.testing.receiver import FAILED, OK, Heard, Receiver

pytestmark = pytest.mark.network
LOOPBACK = read_networks("127.0.0.0/8")


class Names:
    """Answers for names as a test tells it; counts how often it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self.answers:
            raise OSError("no such name")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def send(sender: Sender, url: str) -> Coroutine[object, object, Outcome]:
    return sender.send(url, b'{"a":1}', {"Tongshi-Topic": "alarm"})


def allowed(names: Names | None = None, timeout: float = 5.0) -> Sender:
    return Sender(SendRules(LOOPBACK, timeout), names or Names())


def meet(answer: Callable[[Heard], bytes], timeout: float = 5.0) -> tuple[Outcome, list[Heard]]:
    async def run() -> tuple[Outcome, list[Heard]]:
        async with Receiver(answer) as receiver:
            return await send(allowed(timeout=timeout), receiver.url), receiver.heard

    return asyncio.run(run())


def test_a_delivery_is_taken() -> None:
    outcome, heard = meet(lambda _: OK)
    assert outcome == Outcome(200, "", "", "ok")
    assert heard[0].line == "POST /in HTTP/1.1"
    assert heard[0].body == b'{"a":1}'
    assert heard[0].headers["tongshi-topic"] == "alarm"
    assert heard[0].headers["content-type"].startswith("application/json")


def test_a_failure_is_told_with_its_status() -> None:
    outcome, _ = meet(lambda _: FAILED)
    assert (outcome.status, outcome.why, outcome.answer) == (500, "status", "failed")


def test_a_redirect_is_not_followed() -> None:
    async def run() -> None:
        async with Receiver() as inner:
            place = f"HTTP/1.1 307 X\r\nLocation: {inner.url}\r\nContent-Length: 0\r\n\r\n"
            async with Receiver(lambda _: place.encode()) as outer:
                outcome = await send(allowed(), outer.url)
            assert (outcome.status, outcome.why) == (307, "redirect")
            assert inner.connections == 0

    asyncio.run(run())


def test_a_receiver_that_says_nothing_is_left() -> None:
    outcome, heard = meet(lambda _: b"", timeout=0.2)
    assert outcome.why == "timeout"
    assert len(heard) == 1


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 500 X\r\n\r\n"
    outcome, _ = meet(lambda _: head + b"x" * 5_000_000)
    assert (outcome.status, len(outcome.answer)) == (500, 1024)
    outcome, _ = meet(lambda _: b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500_000)
    assert outcome.why == "no-http"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
    ],
)
def test_no_way_of_writing_it_leads_inside(host: str) -> None:
    async def run() -> None:
        resolver = Resolver(1)
        async with Receiver() as receiver:
            sender = Sender(SendRules(timeout=5.0), resolver)
            outcome = await send(sender, f"http://{host}:{receiver.port}/in")
            assert outcome.why in {"forbidden", "unreachable"}, outcome
            assert receiver.connections == 0
        resolver.close()

    asyncio.run(run())


def test_a_name_that_changes_its_mind_is_asked_once() -> None:
    """A name that is outside when it is checked and inside when it is called."""

    async def run() -> None:
        async with Receiver() as receiver:
            names = Names(["127.0.0.9"], ["127.0.0.1"])
            sender = Sender(SendRules(read_networks("127.0.0.9"), 5.0), names)
            outcome = await send(sender, f"http://hooks.example:{receiver.port}/in")
            assert names.asked == ["hooks.example"]
            assert outcome.why == "unreachable"
            assert receiver.connections == 0
            later = await send(sender, f"http://hooks.example:{receiver.port}/in")
            assert later.why == "forbidden"
            assert receiver.connections == 0

    asyncio.run(run())


def test_a_name_with_one_forbidden_address_is_refused() -> None:
    async def run() -> None:
        async with Receiver() as receiver:
            names = Names(["127.0.0.1", "10.0.0.1"])
            outcome = await send(allowed(names), f"http://hooks.example:{receiver.port}/in")
            assert outcome.why == "forbidden"
            assert "private" in outcome.detail
            assert receiver.connections == 0

    asyncio.run(run())


def test_the_next_address_is_tried_and_the_name_stays_in_the_request() -> None:
    async def run() -> None:
        async with Receiver() as receiver:
            names = Names(["127.0.0.9", "127.0.0.1"])
            outcome = await send(allowed(names), f"http://hooks.example:{receiver.port}/in")
            assert outcome.taken
            assert receiver.heard[0].headers["host"] == f"hooks.example:{receiver.port}"

    asyncio.run(run())


def test_a_name_without_address_and_an_url_that_is_none() -> None:
    async def run() -> None:
        assert (await send(allowed(), "http://hooks.example/")).why == "unreachable"
        assert (await send(allowed(), "ftp://hooks.example/")).why == "forbidden"
        assert (await send(allowed(), f"http://{'x' * 300}/")).why == "forbidden"

    asyncio.run(run())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.example and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), False)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "hooks.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_counts_for_its_name_alone(certificate: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        writer.close()

    async def run() -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        trusting = Sender(
            SendRules(LOOPBACK, 5.0, str(certificate)), Names([str(ip_address("127.0.0.1"))])
        )
        assert (await send(trusting, f"https://hooks.example:{port}/")).taken
        assert (await send(trusting, f"https://other.example:{port}/")).why == "tls"
        plain = Sender(SendRules(LOOPBACK, 5.0), Names(["127.0.0.1"]))
        assert (await send(plain, f"https://hooks.example:{port}/")).why == "tls"
        server.close()
        await server.wait_closed()

    asyncio.run(run())


def test_a_file_that_holds_no_certificates_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        Sender(SendRules(authorities=str(tmp_path / "none.pem")), Names())
