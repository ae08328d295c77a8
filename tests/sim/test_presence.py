"""How a device is present: redirected, unlisted, with registrations of the field."""

import pytest

from tongshi.gb28181.manscdp import Keepalive, Outcome
from tongshi.sim.desk import CHANNEL, DEVICE, HOME, PLATFORM, Desk
from tongshi.sim.event import Redirected
from tongshi.sim.join import Join, PlatformLost, Registered, Unregistered
from tongshi.sip.address import Address
from tongshi.sip.event import RequestArrived

OTHER = "34020000002000000002"


class Registrar(Desk):
    """A desk that answers REGISTERs with what is given, one after another, then with 200."""

    answers: list[tuple[int, list[tuple[str, str]]]]

    def _hear(self, event: object) -> None:
        asked = isinstance(event, RequestArrived) and event.request.method == "REGISTER"
        if not (asked and self.answers and isinstance(event, RequestArrived)):
            super()._hear(event)
            return
        status, headers = self.answers.pop(0)
        self.requests.append(event)
        answer = event.request.response(status, headers=headers)
        self.endpoint.reply(event, answer, self.world.now)


def registrar(
    *answers: tuple[int, list[tuple[str, str]]], quirks: tuple[str, ...] = ()
) -> Registrar:
    at = Registrar(*quirks)
    at.answers = list(answers)
    return at


def uris(at: Desk) -> list[str]:
    return [one.request.uri for one in at.requests if one.request.method == "REGISTER"]


@pytest.mark.clause("9.1.2.3")
def test_a_redirection_is_followed() -> None:
    contact = ("Contact", f"<sip:{OTHER}@{HOME.host}:{HOME.port}>")
    at = registrar((302, [contact, ("Expires", "3600")]))
    at.device.connect(HOME, at.world.now)
    at.run()
    assert uris(at) == [f"sip:{PLATFORM}@3402000000", f"sip:{OTHER}@3402000000"]
    assert at.events(Redirected) == [Redirected(HOME.host, HOME.port)]
    assert at.device.registered
    assert at.device.join.platform_id == OTHER
    assert at.of(Keepalive)
    assert at.requests[-1].request.to_user == OTHER
    assert at.device.presence.target == Address(HOME.host, HOME.port)


@pytest.mark.clause("9.6.1")
def test_keepalives_are_counted_and_can_fail() -> None:
    at = Desk().enter()
    presence = at.device.presence
    at.run(125)
    assert (presence.sent, presence.answered) == (3, 3)
    presence.faulty = (CHANNEL,)
    presence.hasten(at.world.now)
    at.run()
    keepalive = at.of(Keepalive)[-1]
    assert (keepalive.status, keepalive.faulty) == (Outcome.ERROR, (CHANNEL,))
    presence.muted = True
    presence.hasten(at.world.now)
    at.run(200)
    assert presence.sent == 4
    nobody = Desk()
    nobody.device.presence.hasten(0.0)
    nobody.device.presence.retune(0.0)
    assert nobody.device.deadline() is None


@pytest.mark.clause("9.6.1")
def test_a_platform_that_does_not_answer_is_lost() -> None:
    at = Desk().enter()
    at.statuses["MESSAGE"] = 403
    at.run(61)
    assert at.events(PlatformLost)
    assert at.events(Registered)


def test_registrations_of_the_field() -> None:
    at = registrar(quirks=("keepalive-first",))
    at.device.connect(HOME, at.world.now)
    at.run()
    assert at.methods()[:2] == ["MESSAGE", "REGISTER"]
    at = registrar(quirks=("registers-again=5",))
    at.enter()
    at.run(21)
    assert len(uris(at)) == 4
    at = registrar(quirks=("expires-in-contact",))
    at.device.connect(HOME, at.world.now)
    at.run()
    register = at.requests[0].request
    assert register.headers.get("Expires") is None
    assert (register.headers.get("Contact") or "").endswith(";expires=3600")


def test_a_number_that_never_grows() -> None:
    at = Desk("frozen-cseq", join=Join(PLATFORM, expires=100))
    at.device.connect(HOME, at.world.now)
    at.run(300)
    numbers = {one.request.cseq[0] for one in at.requests if one.request.method == "REGISTER"}
    assert numbers == {1}
    assert at.device.registered


@pytest.mark.parametrize(("algorithm", "status"), [("", 403), (", algorithm=MD5", None)])
def test_a_challenge_without_algorithm(algorithm: str, status: int | None) -> None:
    challenge = f'Digest realm="3402000000", nonce="n"{algorithm}'
    at = registrar((401, [("WWW-Authenticate", challenge)]), quirks=("needs-algorithm",))
    at.device.connect(HOME, at.world.now)
    at.run()
    refusals = [event.status for event in at.events(Unregistered)]
    assert refusals == ([status] if status else [])
    assert at.device.registered is (status is None)


def test_after_a_restart_a_new_series_begins() -> None:
    at = Desk().enter()
    at.device.vanish(2.0, at.world.now)
    at.run(5)
    [registered] = at.events(Registered)
    assert not registered.refreshed
    assert at.requests[0].request.from_user == DEVICE
