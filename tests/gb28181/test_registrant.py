from collections.abc import Callable
from itertools import count

import pytest

from tongshi.digest import Credentials, Nonces, verify
from tongshi.gb28181.registrant import (
    Account,
    Left,
    Offline,
    Online,
    Patience,
    Redirected,
    Registrant,
    Server,
    State,
)
from tongshi.gb28181.registration import Registered, Registrar, Terms, Unregistered
from tongshi.gb28181.version import Version
from tongshi.sip.address import Address
from tongshi.sip.message import Request, Response

CAMERA = "34020000001320000001"
SERVER = "34020000002000000001"
KEY = "12345678"
ACCOUNT = Account(
    device_id=CAMERA,
    server_id=SERVER,
    domain="3402000000",
    contact=f"sip:{CAMERA}@198.51.100.7:5060",
    password=KEY,
)
CHALLENGE = 'Digest realm="3402000000", nonce="6fe9ba44a76be22a", algorithm=MD5'


def tokens() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"token{next(numbers)}"


def registrant(chance: float = 0.0, account: Account = ACCOUNT) -> Registrant:
    return Registrant(account, new_token=tokens(), chance=lambda: chance)


def sent(device: Registrant) -> Request:
    request = device.outgoing()
    assert request is not None
    assert device.outgoing() is None
    return request


def challenge(request: Request, text: str = CHALLENGE, status: int = 401) -> Response:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return request.response(status, headers=[(name, text)])


def accept(device: Registrant, request: Request, now: float, *headers: tuple[str, str]) -> None:
    device.answered(request.response(200, headers=headers), now)


def online(chance: float = 0.0) -> Registrant:
    device = registrant(chance)
    device.start(0.0)
    accept(device, sent(device), 0.0, ("Expires", "3600"))
    assert device.state is State.REGISTERED
    device.events()
    return device


@pytest.mark.clause("9.1.2.1")
def test_the_request_of_the_standard() -> None:
    device = registrant()
    device.start(0.0)
    request = sent(device)
    assert request.start_line == f"REGISTER sip:{SERVER}@3402000000 SIP/2.0"
    assert request.from_user == request.to_user == CAMERA
    assert request.headers.get("Contact") == f"<sip:{CAMERA}@198.51.100.7:5060>"
    assert request.headers.get("Expires") == "3600"
    assert request.headers.get("X-GB-Ver") == "3.0"
    assert request.cseq == (1, "REGISTER")


@pytest.mark.clause("9.1.2.1")
@pytest.mark.parametrize(
    ("extra", "response"),
    [
        ("", "6a2143ae65b119e276a75f0a4a8992b7"),
        ("SHA-256", "f934d2c150a99b608676e3f62c5ac1c5d5bacc027c808532cc831040636231ed"),
    ],
)
def test_a_challenge_is_answered_at_once(extra: str, response: str) -> None:
    device = registrant()
    device.start(0.0)
    first = sent(device)
    text = CHALLENGE.replace("MD5", extra) if extra else CHALLENGE
    device.answered(challenge(first, text), 0.0)
    second = sent(device)
    assert second.call_id == first.call_id
    assert second.cseq == (2, "REGISTER")
    given = Credentials.parse(second.headers.get("Authorization") or "")
    assert given.response == response
    assert device.events() == []


def test_a_proxys_challenge_is_answered_in_its_own_header() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(challenge(sent(device), status=407), 0.0)
    assert sent(device).headers.get("Proxy-Authorization")


def test_the_users_name_may_differ_from_the_id() -> None:
    device = registrant(account=Account(CAMERA, SERVER, "d", "sip:x", KEY, username="gate"))
    device.start(0.0)
    device.answered(challenge(sent(device)), 0.0)
    given = Credentials.parse(sent(device).headers.get("Authorization") or "")
    assert given.username == "gate"
    assert verify(given, method="REGISTER", password=KEY)


@pytest.mark.clause("9.1.1", "9.10.1", "9.10.2")
@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 0.85), (1.0, 0.9)])
def test_a_refresh_comes_at_80_to_90_percent(chance: float, share: float) -> None:
    device = registrant(chance)
    device.start(10.0)
    request = sent(device)
    date = ("Date", "1970-01-01T08:00:05.000")
    accept(device, request, 10.0, ("Expires", "1000"), date, ("X-GB-Ver", "2.0"))
    assert device.events() == [Online(1000, 5.0, Version.V2016, refreshed=False)]
    assert device.deadline() == pytest.approx(10.0 + 1000 * share)
    device.expire(10.0 + 1000 * share - 1)
    assert device.outgoing() is None
    device.expire(10.0 + 1000 * share + 0.001)
    again = sent(device)
    assert again.call_id == request.call_id
    assert again.cseq == (2, "REGISTER")
    accept(device, again, 900.0)
    assert device.events() == [Online(3600, None, Version.V2016, refreshed=True)]


def test_the_expiry_in_contact_counts() -> None:
    device = registrant()
    device.start(0.0)
    contact = ("Contact", f"<sip:{CAMERA}@198.51.100.7:5060>;expires=600")
    accept(device, sent(device), 0.0, contact, ("Expires", "3600"))
    assert device.deadline() == pytest.approx(480.0)


@pytest.mark.clause("9.1.1")
@pytest.mark.parametrize(("chance", "at"), [(0.0, 65.0), (0.5, 80.0)])
def test_a_failure_is_retried_after_a_minute_and_a_random_extra(chance: float, at: float) -> None:
    device = registrant(chance)
    device.start(5.0)
    first = sent(device)
    device.answered(first.response(403), 5.0)
    assert device.state is State.WAITING
    assert device.events() == [Offline(403, "Forbidden")]
    assert device.deadline() == at
    device.expire(at)
    assert sent(device).call_id != first.call_id


def test_patience_is_configurable() -> None:
    patience = Patience(retry=120.0, spread=0.0)
    device = Registrant(ACCOUNT, new_token=tokens(), chance=lambda: 0.9, patience=patience)
    device.start(0.0)
    device.unanswered(32.0)
    assert device.events() == [Offline(None, "no answer")]
    assert device.deadline() == 152.0


def test_a_refresh_that_fails_means_the_server_is_gone() -> None:
    device = online()
    device.expire(3000.0)
    device.unanswered(3032.0)
    assert device.events() == [Offline(None, "no answer")]


def test_a_second_challenge_means_a_wrong_password() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(challenge(sent(device)), 0.0)
    device.answered(challenge(sent(device)), 0.0)
    assert device.events() == [Offline(401, "Unauthorized")]


def test_a_stale_nonce_is_answered_again_but_not_for_ever() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(challenge(sent(device)), 0.0)
    for _ in range(2):
        device.answered(challenge(sent(device), CHALLENGE + ", stale=true"), 0.0)
    device.answered(challenge(sent(device), CHALLENGE + ", stale=true"), 0.0)
    assert device.state is State.WAITING
    assert device.outgoing() is None


@pytest.mark.parametrize(
    "text", ['Bidirection random1="x"', 'Digest realm="a", nonce="b", qop="x"']
)
def test_a_challenge_that_cannot_be_met_is_a_failure(text: str) -> None:
    device = registrant()
    device.start(0.0)
    device.answered(challenge(sent(device), text), 0.0)
    (event,) = device.events()
    assert isinstance(event, Offline)
    assert event.status == 401


def test_of_two_challenges_the_readable_one_is_answered() -> None:
    device = registrant()
    device.start(0.0)
    response = challenge(sent(device), 'Bidirection random1="x"')
    response.headers.add("WWW-Authenticate", CHALLENGE)
    device.answered(response, 0.0)
    assert sent(device).headers.get("Authorization")


def test_no_challenge_at_all_is_a_failure() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(sent(device).response(401), 0.0)
    assert device.state is State.WAITING


def test_too_short_an_expiry_is_lengthened() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(sent(device).response(423, headers=[("Min-Expires", "7200")]), 0.0)
    assert sent(device).headers.get("Expires") == "7200"


@pytest.mark.parametrize("least", ["3600", "soon", "", "9" * 12])
def test_an_answer_of_423_that_does_not_help_is_a_failure(least: str) -> None:
    device = registrant()
    device.start(0.0)
    device.answered(sent(device).response(423, headers=[("Min-Expires", least)]), 0.0)
    assert device.state is State.WAITING


@pytest.mark.clause("9.1.2.2")
def test_leaving() -> None:
    device = online()
    device.leave(10.0)
    device.leave(10.0)
    request = sent(device)
    assert request.headers.get("Expires") == "0"
    assert device.deadline() is None
    device.answered(challenge(request), 10.0)
    assert sent(device).headers.get("Expires") == "0"
    device.unanswered(42.0)
    assert device.events() == [Left()]
    assert device.state is State.LEFT
    assert device.deadline() is None


def test_leaving_ends_with_the_answer() -> None:
    device = online()
    device.leave(10.0)
    accept(device, sent(device), 10.0)
    assert device.events() == [Left()]


def test_leaving_without_having_come() -> None:
    device = registrant()
    device.leave(0.0)
    assert device.events() == [Left()]
    device = registrant()
    device.start(0.0)
    device.unanswered(0.0)
    device.leave(1.0)
    assert device.events()[-1] == Left()
    assert device.deadline() is None


def test_an_answer_to_a_request_that_was_overtaken_is_nothing() -> None:
    device = online()
    device.expire(3000.0)
    refresh = sent(device)
    device.leave(3001.0)
    accept(device, refresh, 3001.0)
    assert device.state is State.LEAVING
    assert device.events() == []


def test_what_comes_unasked_is_nothing() -> None:
    device = online()
    request = Request("REGISTER", "sip:x", [("CSeq", "1 REGISTER")])
    accept(device, request, 1.0)
    device.unanswered(1.0)
    device.expire(1.0)
    assert device.state is State.REGISTERED
    assert device.events() == []


def test_provisional_answers_are_nothing() -> None:
    device = registrant()
    device.start(0.0)
    device.answered(sent(device).response(100), 0.0)
    assert device.state is State.REGISTERING
    device.expire(1000.0)
    assert device.outgoing() is None


@pytest.mark.clause("9.1.2.1", "9.1.2.2")
def test_both_sides_together() -> None:
    source = Address("198.51.100.7", 5060)
    server = Registrar(
        Terms("3402000000"),
        Nonces(bytes(16)),
        password_of=lambda device_id: KEY,
        is_registered=lambda device_id: False,
    )
    device = registrant()

    def converse(now: float) -> object:
        while True:
            response, event = server.handle(sent(device), source, now, now)
            device.answered(response, now)
            if response.status != 401:
                return event

    device.start(0.0)
    assert isinstance(converse(0.0), Registered)
    assert isinstance(device.events()[0], Online)
    device.expire(device.deadline() or 0.0)
    assert isinstance(converse(3000.0), Registered)
    device.leave(3001.0)
    assert converse(3001.0) == Unregistered(CAMERA, source)
    assert device.state is State.LEFT


OTHER = "34020000002000000002"
CONTACT = f"<sip:{OTHER}@192.0.2.9:5070>"


def redirect(
    device: Registrant, request: Request, now: float, contact: str = CONTACT, expires: str = "600"
) -> None:
    headers = [("Contact", contact), ("Expires", expires)] if contact else []
    device.answered(request.response(302, headers=headers), now)


@pytest.mark.clause("9.1.2.3")
def test_a_redirected_device_registers_with_the_server_named() -> None:
    device = registrant()
    device.start(0.0)
    first = sent(device)
    redirect(device, first, 0.0)
    target = Server(OTHER, "3402000000", "192.0.2.9", 5070)
    assert device.events() == [Redirected(target, 600)]
    assert device.server == target
    request = sent(device)
    assert request.uri == f"sip:{OTHER}@3402000000"
    assert request.call_id != first.call_id
    device.answered(challenge(request), 0.0)
    proof = sent(device)
    credentials = Credentials.parse(proof.headers.get("Authorization") or "")
    assert credentials.uri == f"sip:{OTHER}@3402000000"
    assert verify(credentials, method="REGISTER", password=KEY)
    accept(device, proof, 0.0, ("Expires", "3600"))
    assert device.state is State.REGISTERED


@pytest.mark.clause("9.1.2.3")
@pytest.mark.parametrize("status", [403, 500, None])
def test_a_server_that_fails_sends_its_devices_back_to_the_redirector(status: int | None) -> None:
    device = registrant()
    device.start(0.0)
    redirect(device, sent(device), 0.0)
    request = sent(device)
    if status is None:
        device.unanswered(1.0)
    else:
        device.answered(request.response(status), 1.0)
    assert device.state is State.WAITING
    device.expire(device.deadline() or 0.0)
    assert sent(device).uri == f"sip:{SERVER}@3402000000"


@pytest.mark.clause("9.1.2.3")
def test_keepalives_without_answer_lead_back_to_the_redirector() -> None:
    device = registrant()
    device.start(0.0)
    redirect(device, sent(device), 0.0, expires="0")
    accept(device, sent(device), 0.0)
    device.expire(device.deadline() or 0.0)
    assert sent(device).uri == f"sip:{OTHER}@3402000000"  # a refresh stays
    device.start(5000.0)
    assert sent(device).uri == f"sip:{SERVER}@3402000000"


def test_a_redirection_ends() -> None:
    device = registrant()
    device.start(0.0)
    redirect(device, sent(device), 0.0)
    accept(device, sent(device), 0.0, ("Expires", "3600"))
    assert device.deadline() == 600.0
    device.expire(600.0)
    assert sent(device).uri == f"sip:{SERVER}@3402000000"


def test_redirections_do_not_go_round_in_circles() -> None:
    device = registrant()
    device.start(0.0)
    for _ in range(3):
        redirect(device, sent(device), 0.0)
    redirect(device, sent(device), 0.0)
    assert device.state is State.WAITING
    assert device.events()[-1] == Offline(302, "Moved Temporarily")


@pytest.mark.parametrize("contact", ["", "<sip:", "<sip:192.0.2.9>", "*"])
def test_a_redirection_to_nobody_is_a_refusal(contact: str) -> None:
    device = registrant()
    device.start(0.0)
    redirect(device, sent(device), 0.0, contact)
    assert device.state is State.WAITING


def test_a_server_without_a_code_has_its_host_for_domain() -> None:
    device = registrant()
    device.start(0.0)
    redirect(device, sent(device), 0.0, "<sip:centre@192.0.2.9>")
    assert device.server == Server("centre", "192.0.2.9", "192.0.2.9", 5060)


def test_a_logout_is_not_redirected() -> None:
    device = online()
    device.leave(1.0)
    redirect(device, sent(device), 1.0)
    assert device.state is State.LEFT
