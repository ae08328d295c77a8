from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.digest import Challenge, Credentials, Freshness, Hashed, Nonces, answer
from tongshi.gb28181.registration import (
    Elsewhere,
    Redirected,
    Refusal,
    Refused,
    Registered,
    Registrar,
    RegistrationEvent,
    Terms,
    Unregistered,
)
from tongshi.gb28181.version import Version
from tongshi.sip.address import Address
from tongshi.sip.message import Request, Response, parse

CAMERA = "34020000001320000001"
SERVER = "34020000002000000001"
REALM = "3402000000"
URI = f"sip:{SERVER}@{REALM}"
KEY = "12345678"
PASSWORDS = {CAMERA: KEY, "open": "", "camera-7": "x"}
SOURCE = Address("198.51.100.7", 5060)
WALL = 1_714_950_489.123  # 2024-05-06T07:08:09.123 in Beijing
TERMS = Terms(REALM)


class KnownNonces(Nonces):
    """Issues the nonce of the vectors and no other."""

    def issue(self, now: float, binding: str = "") -> str:
        return "6fe9ba44a76be22a"

    def judge(self, nonce: str, now: float, binding: str = "") -> Freshness:
        return Freshness.FRESH if nonce == self.issue(now) else Freshness.FOREIGN


def registrar(
    terms: Terms = TERMS, nonces: Nonces | None = None, registered: tuple[str, ...] = ()
) -> Registrar:
    return Registrar(
        terms,
        nonces or Nonces(b"0123456789abcdef", lifetime=60.0),
        password_of=PASSWORDS.get,
        is_registered=registered.__contains__,
    )


def register(
    *headers: tuple[str, str],
    device_id: str = CAMERA,
    expires: int | None = 3600,
    contact: str | None = f"<sip:{CAMERA}@198.51.100.7:5060>",
    cseq: int = 1,
) -> Request:
    own = f"<sip:{device_id}@{REALM}>"
    fields = [
        ("Via", "SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK1001"),
        ("From", f"{own};tag=7001"),
        ("To", own),
        ("Call-ID", "reg-1@198.51.100.7"),
        ("CSeq", f"{cseq} REGISTER"),
        ("Max-Forwards", "70"),
        ("User-Agent", "sim/1.0"),
        *headers,
    ]
    if contact is not None:
        fields.append(("Contact", contact))
    if expires is not None:
        fields.append(("Expires", str(expires)))
    return Request("REGISTER", URI, fields)


def authorize(response: Response, *, key: str = KEY, username: str = CAMERA) -> str:
    challenge = Challenge.parse(response.headers.get("WWW-Authenticate") or "")
    return str(
        answer(
            challenge,
            method="REGISTER",
            uri=URI,
            username=username,
            password=key,
            cnonce="0a4f113b",
        )
    )


def exchange(
    server: Registrar, request: Request, *, key: str = KEY, at: float = 100.0
) -> tuple[Response, RegistrationEvent | None]:
    """Send *request*, answer the challenge, return what came of it."""
    response, event = server.handle(request, SOURCE, at, WALL)
    assert (response.status, event) == (401, None)
    request.headers.set("Authorization", authorize(response, key=key))
    return server.handle(request, SOURCE, at, WALL)


VECTORS = Path(__file__).parents[1] / "vectors" / "gb28181"


def arrived(name: str) -> Request:
    request = parse((VECTORS / name).read_bytes())
    assert isinstance(request, Request)
    return request


@pytest.mark.clause("9.1.2.1", "9.10.2", "9.10.3")
def test_the_sequence_of_the_dossier() -> None:
    server = registrar(replace(TERMS, qop=False), KnownNonces(bytes(16)))
    response, event = server.handle(arrived("register.sip"), SOURCE, 0.0, WALL)
    assert event is None
    assert response.status == 401
    assert response.headers.get("X-GB-Ver") == "3.0"
    assert Challenge.parse(response.headers.get("WWW-Authenticate") or "") == Challenge(
        REALM, "6fe9ba44a76be22a", "MD5", ()
    )
    response, event = server.handle(arrived("register-authorized.sip"), SOURCE, 0.0, WALL)
    assert response.status == 200
    assert response.headers.get("Date") == "2024-05-06T07:08:09.123"
    assert response.headers.get("Contact") == f"<sip:{CAMERA}@198.51.100.7:5060>;expires=3600"
    assert response.headers.get("Expires") == "3600"
    assert response.headers.get("X-GB-Ver") == "3.0"
    assert event == Registered(
        device_id=CAMERA,
        address=SOURCE,
        expires=3600,
        version=Version.V2022,
        user_agent="sim/1.0",
        contact=f"sip:{CAMERA}@198.51.100.7:5060",
        call_id="reg-1@198.51.100.7",
        refreshed=False,
    )


@pytest.mark.clause("8.1")
@pytest.mark.parametrize(
    ("algorithm", "qop", "response"),
    [
        ("MD5", False, "6a2143ae65b119e276a75f0a4a8992b7"),
        ("MD5", True, "fb6d2f768312116118c121c2608cf961"),
        ("SHA-256", False, "f934d2c150a99b608676e3f62c5ac1c5d5bacc027c808532cc831040636231ed"),
        ("SHA-256", True, "ae05ead0765a80e9c832fbcb4e67ee44f419e0dded67f46186dea5e245b401a6"),
    ],
)
def test_digest_vectors(algorithm: str, qop: bool, response: str) -> None:
    terms = replace(TERMS, algorithm=algorithm, qop=qop)
    server = registrar(terms, KnownNonces(bytes(16)))
    request = register()
    answered, event = exchange(server, request)
    assert (answered.status, type(event)) == (200, Registered)
    given = Credentials.parse(request.headers.get("Authorization") or "")
    assert given.response == response


@pytest.mark.clause("9.1.1")
def test_a_refresh_is_known_as_one() -> None:
    _, event = exchange(registrar(registered=(CAMERA,)), register())
    assert isinstance(event, Registered)
    assert event.refreshed


@pytest.mark.clause("9.1.2.1", "8.1")
def test_a_wrong_password_is_refused_with_403() -> None:
    response, event = exchange(registrar(), register(), key=KEY[::-1])
    assert response.status == 403
    assert response.headers.get("X-GB-Ver") == "3.0"
    assert event == Refused(CAMERA, SOURCE, Refusal.CREDENTIALS)


def test_a_device_that_nobody_knows_is_challenged_first() -> None:
    response, event = exchange(registrar(), register(device_id="stranger"))
    assert response.status == 403
    assert event == Refused("stranger", SOURCE, Refusal.UNKNOWN_DEVICE)


def test_an_open_door_needs_no_password() -> None:
    response, event = registrar().handle(register(device_id="open"), SOURCE, 0.0, WALL)
    assert response.status == 200
    assert isinstance(event, Registered)


def test_an_old_nonce_gets_a_new_one_and_not_403() -> None:
    server = registrar()
    request = register()
    exchange(server, request, at=0.0)
    response, event = server.handle(request, SOURCE, 120.0, WALL)
    assert (response.status, event) == (401, None)
    assert Challenge.parse(response.headers.get("WWW-Authenticate") or "").stale
    request.headers.set("Authorization", authorize(response))
    response, event = server.handle(request, SOURCE, 120.0, WALL)
    assert (response.status, type(event)) == (200, Registered)


def test_an_old_nonce_with_a_wrong_password_is_not_called_stale() -> None:
    server = registrar()
    request = register()
    exchange(server, request, key=KEY[1:], at=0.0)
    response, _ = server.handle(request, SOURCE, 120.0, WALL)
    assert response.status == 401
    assert not Challenge.parse(response.headers.get("WWW-Authenticate") or "").stale


def test_a_nonce_is_good_for_one_device_on_one_host() -> None:
    server = registrar()
    request = register()
    exchange(server, request)
    elsewhere = Address("203.0.113.9", 5060)
    assert server.handle(request, elsewhere, 100.0, WALL)[0].status == 401
    other_port = Address(SOURCE.host, 40_000)  # somebody behind the same NAT who listened
    assert server.handle(request, other_port, 100.0, WALL)[0].status == 401
    assert server.uses.replays == 1
    stolen = register(
        ("Authorization", request.headers.get("Authorization") or ""), device_id="camera-7"
    )
    assert server.handle(stolen, SOURCE, 100.0, WALL)[0].status == 401


def test_a_device_that_answers_its_own_nonce_and_ignores_the_challenge() -> None:
    # Seen on the wire: the same Call-ID and CSeq at every refresh, too.
    own = Credentials(CAMERA, REALM, "1234", URI, "00000000000000000000000000000000", "MD5")
    server = registrar()
    request = register(("Authorization", str(own)))
    nonces = set()
    for at in (0.0, 1.0, 2.0):
        response, event = server.handle(request, SOURCE, at, WALL)
        assert (response.status, event) == (401, None)
        nonces.add(Challenge.parse(response.headers.get("WWW-Authenticate") or "").nonce)
    assert len(nonces) == 3
    request.headers.set("Authorization", authorize(response))
    assert server.handle(request, SOURCE, 2.0, WALL)[0].status == 200
    assert server.handle(request, SOURCE, 3.0, WALL)[0].status == 200


def test_two_requests_without_authorization_and_addresses_instead_of_the_domain() -> None:
    server = registrar()
    request = register()
    own = f"<sip:{CAMERA}@198.51.100.7:5060>"
    request.headers.set("From", f"{own};tag=1")
    request.headers.set("To", own)
    assert server.handle(request, SOURCE, 0.0, WALL)[0].status == 401
    response, event = exchange(server, request)
    assert response.status == 200
    assert isinstance(event, Registered)
    assert event.device_id == CAMERA


def test_a_logout_before_the_first_registration() -> None:
    response, event = exchange(registrar(), register(expires=0))
    assert response.status == 200
    assert response.headers.get("Expires") == "0"
    assert event == Unregistered(CAMERA, SOURCE)


@pytest.mark.clause("9.1.2.2")
@pytest.mark.parametrize("contact", ["*", f"<sip:{CAMERA}@198.51.100.7:5060>;expires=0", None])
def test_ways_to_unregister(contact: str | None) -> None:
    _, event = exchange(registrar(), register(expires=0, contact=contact))
    assert event == Unregistered(CAMERA, SOURCE)


def test_the_expiry_in_contact_comes_first() -> None:
    contact = f"<sip:{CAMERA}@198.51.100.7:5060>;expires=0"
    _, event = exchange(registrar(), register(expires=3600, contact=contact))
    assert event == Unregistered(CAMERA, SOURCE)


def test_an_asterisk_takes_back_and_does_nothing_else() -> None:
    response, event = exchange(registrar(), register(expires=3600, contact="*"))
    assert response.status == 400
    assert event == Refused(CAMERA, SOURCE, Refusal.MALFORMED)


@pytest.mark.clause("9.1.1")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [(None, 3600), (1, 60), (60, 60), (3600, 3600), (86_400, 86_400), (10**9, 86_400)],
)
def test_what_is_granted(asked: int | None, granted: int) -> None:
    response, event = exchange(registrar(), register(expires=asked))
    assert response.headers.get("Expires") == str(granted)
    assert isinstance(event, Registered)
    assert event.expires == granted


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ('"gate" <sip:a@198.51.100.7>;q=0.5', "sip:a@198.51.100.7"),
        ("sip:a@198.51.100.7;expires=60", "sip:a@198.51.100.7"),
        ("<sip:a@198.51.100.7>;expires=60, <sip:b@198.51.100.8>", "sip:a@198.51.100.7"),
        (None, ""),
        ("<sip:a@198.51.100.7", ""),
        ("<sip:" + "a" * 300 + "@x>", ""),
    ],
)
def test_contacts_are_only_informational(contact: str | None, uri: str) -> None:
    response, event = exchange(registrar(), register(contact=contact))
    assert response.status == 200
    assert isinstance(event, Registered)
    assert event.contact == uri
    told = response.headers.get("Contact")
    assert told == (f"<{uri}>;expires={event.expires}" if uri else None)


@pytest.mark.clause("9.10.3")
def test_the_clock_may_be_kept_to_oneself() -> None:
    response, _ = exchange(registrar(replace(TERMS, send_date=False)), register())
    assert response.status == 200
    assert response.headers.get("Date") is None


@pytest.mark.clause("I")
def test_editions_are_told_both_ways() -> None:
    server = registrar(replace(TERMS, version=Version.V2016))
    response, event = exchange(server, register())
    assert response.headers.get("X-GB-Ver") == "2.0"
    assert isinstance(event, Registered)
    assert event.version is Version.V2016
    _, event = exchange(server, register(("X-GB-Ver", "1.1")))
    assert isinstance(event, Registered)
    assert event.version is Version.V2011A


@pytest.mark.parametrize(
    "authorization",
    [
        'Capability algorithm="A:SM2;H:SM3", keyversion="1"',
        "Digest",
        'Digest username="a"',
        "Basic YWI6Y2Q=",
    ],
)
def test_other_schemes_and_broken_ones_get_a_challenge(authorization: str) -> None:
    request = register(("Authorization", authorization))
    response, event = registrar().handle(request, SOURCE, 0.0, WALL)
    assert (response.status, event) == (401, None)


def test_an_algorithm_that_was_not_asked_for_gets_a_challenge() -> None:
    server = registrar(replace(TERMS, algorithm="SHA-256"))
    weak = registrar()
    request = register()
    exchange(weak, request)
    response, event = server.handle(request, SOURCE, 100.0, WALL)
    assert (response.status, event) == (401, None)


def test_a_device_may_leave_out_qop_and_algorithm() -> None:
    server = registrar()
    request = register()
    response, _ = server.handle(request, SOURCE, 0.0, WALL)
    challenge = Challenge.parse(response.headers.get("WWW-Authenticate") or "")
    bare = answer(
        replace(challenge, qop=(), algorithm=""),
        method="REGISTER",
        uri=URI,
        username=CAMERA,
        password=KEY,
        cnonce="",
    )
    request.headers.set("Authorization", str(bare))
    assert server.handle(request, SOURCE, 0.0, WALL)[0].status == 200


@pytest.mark.parametrize("name", ["From", "Call-ID"])
def test_a_request_without_what_it_needs_is_refused(name: str) -> None:
    request = register(device_id="open")
    request.headers.remove(name)
    response, event = registrar().handle(request, SOURCE, 0.0, WALL)
    assert response.status == 400
    assert isinstance(event, Refused)
    assert event.reason is Refusal.MALFORMED


@pytest.mark.parametrize(
    "own", ["<sip:198.51.100.7>", f"<sip:{'1' * 65}@x>", "<sip:a;b@x>", "<sip:a%0D%0AVia@x>"]
)
def test_ids_must_be_there_be_short_and_say_no_more(own: str) -> None:
    request = register()
    request.headers.set("From", own)
    response, event = registrar().handle(request, SOURCE, 0.0, WALL)
    assert response.status == 400
    assert event == Refused("", SOURCE, Refusal.MALFORMED)


def test_what_a_device_says_of_itself_can_be_shown_and_logged() -> None:
    request = register(device_id="open")
    request.headers.set("User-Agent", "x\x1b[2J\u2028y\udcff 海康")
    request.headers.set("Contact", "<sip:a\x07@192.0.2.1>")
    _, event = registrar().handle(request, SOURCE, 0.0, WALL)
    assert isinstance(event, Registered)
    assert (event.user_agent, event.contact) == ("x?[2J?y? 海康", "")


def test_a_long_user_agent_is_cut() -> None:
    request = register(device_id="open")
    request.headers.set("User-Agent", "x" * 1000)
    _, event = registrar().handle(request, SOURCE, 0.0, WALL)
    assert isinstance(event, Registered)
    assert len(event.user_agent) == 200


@given(
    st.dictionaries(
        st.sampled_from(["From", "To", "Contact", "Expires", "Authorization", "X-GB-Ver", "CSeq"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
    )
)
def test_any_headers_are_answered(fields: dict[str, str]) -> None:
    request = register(device_id="open")
    for name, value in fields.items():
        request.headers.set(name, value)
    response, _ = registrar().handle(request, SOURCE, 0.0, WALL)
    assert response.status in (200, 400, 401, 403)


class Keeper:
    """A doorkeeper as its test wants it; asked: what it was told."""

    def __init__(
        self, bar: Refusal | None = None, proved: Refusal | Elsewhere | None = None
    ) -> None:
        self.asked: list[str] = []
        self._bar = bar
        self._proved = proved
        self.open = False

    def bar(self, device_id: str, source: Address) -> Refusal | None:
        self.asked.append("bar")
        return self._bar

    def opens(self, device_id: str, source: Address) -> bool:
        return self.open

    def failed(self, device_id: str, source: Address) -> None:
        self.asked.append("failed")

    def proved(self, device_id: str, source: Address) -> Refusal | Elsewhere | None:
        self.asked.append("proved")
        return self._proved


def kept_by(keeper: Keeper, key: str | Hashed | None = KEY) -> Registrar:
    return Registrar(
        TERMS,
        Nonces(bytes(16)),
        password_of=lambda device_id: key,
        is_registered=lambda device_id: False,
        doorkeeper=keeper,
    )


def test_one_that_is_barred_gets_no_challenge() -> None:
    keeper = Keeper(bar=Refusal.LOCKED)
    response, event = kept_by(keeper).handle(register(), SOURCE, 0.0, WALL)
    assert response.status == 403
    assert response.headers.get("WWW-Authenticate") is None
    assert event == Refused(CAMERA, SOURCE, Refusal.LOCKED)
    assert keeper.asked == ["bar"]


def test_the_doorkeeper_hears_of_failures_and_of_proofs() -> None:
    keeper = Keeper()
    server = kept_by(keeper)
    exchange(server, register(), key="wrong")
    assert keeper.asked == ["bar", "bar", "failed"]
    keeper.asked.clear()
    assert exchange(server, register())[0].status == 200
    assert keeper.asked == ["bar", "bar", "proved"]


def test_one_that_proved_itself_may_still_have_to_wait() -> None:
    keeper = Keeper(proved=Refusal.QUARANTINED)
    response, event = exchange(kept_by(keeper), register())
    assert response.status == 403
    assert event == Refused(CAMERA, SOURCE, Refusal.QUARANTINED)


@pytest.mark.clause("9.1.2.3")
def test_one_that_proved_itself_is_sent_elsewhere() -> None:
    keeper = Keeper(proved=Elsewhere("34020000002000000002@192.0.2.9:5070", 600))
    response, event = exchange(kept_by(keeper), register())
    assert response.status == 302
    assert response.headers.get("Contact") == "<sip:34020000002000000002@192.0.2.9:5070>"
    assert response.headers.get("Expires") == "600"
    assert response.headers.get("X-GB-Ver") == "3.0"
    assert event == Redirected(CAMERA, SOURCE, "34020000002000000002@192.0.2.9:5070")


def test_a_door_may_be_open_for_one_place() -> None:
    keeper = Keeper()
    keeper.open = True
    response, _ = kept_by(keeper).handle(register(), SOURCE, 0.0, WALL)
    assert response.status == 200
    assert keeper.asked == ["bar", "proved"]


def test_a_logout_is_taken_where_it_comes() -> None:
    keeper = Keeper(proved=Elsewhere("34020000002000000002@192.0.2.9:5070"))
    response, event = exchange(kept_by(keeper), register(expires=0))
    assert response.status == 200
    assert isinstance(event, Unregistered)


def test_a_password_may_be_known_by_its_hash_only() -> None:
    assert exchange(kept_by(Keeper(), Hashed.of(CAMERA, REALM, KEY)), register())[0].status == 200
    other = kept_by(Keeper(), Hashed.of(CAMERA, "another realm", KEY))
    assert exchange(other, register())[0].status == 403


def test_terms_may_differ_by_device_and_by_what_it_says_it_is() -> None:
    asked = []

    def terms_of(device_id: str, user_agent: str) -> Terms:
        asked.append((device_id, user_agent))
        return replace(TERMS, qop=False, send_date=False)

    server = Registrar(
        TERMS,
        Nonces(bytes(16)),
        password_of=lambda device_id: KEY,
        is_registered=lambda device_id: False,
        terms_of=terms_of,
    )
    challenged, _ = server.handle(register(), SOURCE, 0.0, WALL)
    assert Challenge.parse(challenged.headers.get("WWW-Authenticate") or "").qop == ()
    response, _ = exchange(server, register())
    assert response.headers.get("Date") is None
    assert asked[0] == (CAMERA, "sim/1.0")


@pytest.mark.clause("9.1.2.2")
def test_an_overheard_proof_does_not_unregister_a_device() -> None:
    server = registrar()
    request = register()
    assert exchange(server, request)[0].status == 200
    assert server.handle(request, SOURCE, 100.0, WALL)[0].status == 200  # its repetition
    forged = register(("Authorization", request.headers.get("Authorization") or ""), expires=0)
    response, event = server.handle(forged, SOURCE, 100.0, WALL)
    assert (response.status, event) == (401, None)
    assert Challenge.parse(response.headers.get("WWW-Authenticate") or "").stale
