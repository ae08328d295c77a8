import pytest

from tongshi.sip.endpoint import Endpoint
from tongshi.testing.targets import machines
from tongshi.testing.targets.machines import SOURCE, TARGETS, new_endpoint, new_registrar
from tongshi.testing.weight import weigh

INVITE = (
    b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%d\r\nFrom: <sip:c@d>;tag=1\r\n"
    b"To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n" + b"x" * 30_000
)


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_dropped(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"\n--\n" * 50, b"<a/>" * 50):
        TARGETS[name](data)


def test_a_registrar_that_lets_nobody_in_unproven() -> None:
    assert new_registrar() is not new_registrar()


def test_the_endpoint_under_test_meets_its_limits() -> None:
    endpoint = new_endpoint()
    for number in range(50):
        endpoint.receive(INVITE % number, SOURCE, 0.0)
    assert endpoint.counters["busy"] > 0
    endpoint.events()
    endpoint.outgoing()
    assert weigh(endpoint) < 600_000


def test_memory_that_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    generous = new_endpoint()
    generous._desk.out += [(b"x" * 1_000_000, SOURCE)]

    def leak() -> Endpoint:
        return generous

    monkeypatch.setattr(machines, "new_endpoint", leak)
    monkeypatch.setattr(Endpoint, "outgoing", lambda endpoint: [])
    with pytest.raises(AssertionError, match="Endpoint holds"):
        TARGETS["sip.endpoint"](b"")
