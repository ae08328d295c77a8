import httpx
from starlette.requests import Request

from tongshi.api.asker import address_of, session_cookie, words_for
from tongshi.api.text import Language


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


def test_a_chosen_language_comes_before_the_browsers() -> None:
    assert words_for(request(cookie="tongshi_language=en"), "zh").language is Language.EN
    assert words_for(request(cookie="tongshi_language=fr"), "zh").language is Language.ZH
    both = request(cookie="tongshi_language=zh", **{"accept-language": "en"})
    assert words_for(both, "en").language is Language.ZH
    assert words_for(request(**{"accept-language": "en"}), "zh").language is Language.EN


def test_the_cookie_behind_tls_is_bound_to_its_host() -> None:
    assert session_cookie(secure=True).startswith("__Host-")
    assert session_cookie(secure=False) == "tongshi_session"


def test_an_address_that_is_not_known() -> None:
    assert address_of(request()) == ""
    assert address_of(Request({"type": "http", "headers": [], "client": ("::1", 1)})) == "::1"


def test_the_register_keeps_from_where_somebody_looks(
    operator: httpx.Client, auditor: httpx.Client
) -> None:
    body = {
        "device": "34020000001180000001",
        "channel": "34020000001310000001",
        "purpose": "patrol",
    }
    assert operator.post("/api/live", json=body).status_code == 200
    assert auditor.get("/api/register").json()["rows"][0]["look"]["address"] == "127.0.0.1"
