from tongshi.sim.disguise import alter, preludes
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sip.message import Request

OWN = ("192.0.2.7", 5070)
DEVICE = "34020000001320000001"


def register() -> Request:
    return Request(
        "REGISTER",
        "sip:34020000002000000001@3402000000",
        [
            ("From", f"<sip:{DEVICE}@3402000000>;tag=7"),
            ("To", f"<sip:{DEVICE}@3402000000>"),
            ("Call-ID", "one"),
            ("CSeq", "1 REGISTER"),
            ("Expires", "3600"),
        ],
    )


def token() -> str:
    return "fresh"


def changed(*names: str, refresh: bool = False) -> Request:
    return alter(register(), Quirks.of(names), OWN, refresh, token)


def test_without_quirks_nothing_changes() -> None:
    assert changed().encode() == register().encode()
    assert preludes(register(), NONE, token) == []


def test_what_comes_before_the_first_register() -> None:
    logout, bare = preludes(register(), Quirks.of(["logout-first", "bare-registers"]), token)
    assert logout.headers.get("Expires") == "0"
    assert bare.headers.get("Expires") == "3600"
    assert {logout.call_id, bare.call_id} == {"fresh"}
    assert register().call_id == "one"


def test_an_authorization_nobody_asked_for() -> None:
    forged = changed("early-authorization").headers.get("Authorization") or ""
    assert 'nonce="fresh"' in forged
    assert f'username="{DEVICE}"' in forged
    asked = register()
    asked.headers.set("Authorization", "Digest real")
    kept = alter(asked, Quirks.of(["early-authorization"]), OWN, False, token)
    assert kept.headers.get("Authorization") == "Digest real"


def test_its_own_address_in_from_and_to() -> None:
    request = changed("own-address-in-from")
    assert str(request.from_) == f"<sip:{DEVICE}@192.0.2.7:5070>;tag=7"
    assert str(request.to) == f"<sip:{DEVICE}@192.0.2.7:5070>"
    six = alter(register(), Quirks.of(["own-address-in-from"]), ("2001:db8::1", 1), False, token)
    assert "[2001:db8::1]:1" in str(six.to)


def test_a_route_on_refresh_only() -> None:
    assert changed("route-on-refresh").headers.get("Route") is None
    assert ";lr>" in (changed("route-on-refresh", refresh=True).headers.get("Route") or "")
