import pytest
from starlette.requests import Request
from starlette.responses import Response

from tongshi.api.parts import Parts
from tongshi.console.assets import Assets
from tongshi.console.drawing import Drawing
from tongshi.console.visit import Visit, door, keep, own_place, policy, theme_of
from tongshi.errors import SignInNeeded


def request(
    path: str = "/live",
    *,
    query: str = "",
    method: str = "GET",
    host: str = "console:8080",
    **headers: str,
) -> Request:
    raw = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in raw.items()],
        }
    )


@pytest.mark.parametrize("text", ["/devices", "/live?tiles=a/b,c/d", "/x?next=//y"])
def test_places_of_ours_are_gone_to(text: str) -> None:
    assert own_place(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "live", "//evil", "/\\evil", "https://evil", "javascript:x", "/a\r\nSet-Cookie: x"],
)
def test_there_is_no_way_out_of_the_site(text: str) -> None:
    assert own_place(text) == "/"


def test_the_door_leads_back() -> None:
    assert door(request("/devices", query="text=a&size=25")) == (
        "/sign-in?next=%2Fdevices%3Ftext%3Da%26size%3D25"
    )
    assert door(request("/devices")) == "/sign-in?next=%2Fdevices"
    assert door(request("/")) == "/sign-in"
    assert door(request("/password", method="POST")) == "/sign-in"


def test_the_policy_allows_this_host_only() -> None:
    told = policy(request(host="10.1.2.3:8080"))
    assert "script-src 'self';" in told
    assert "connect-src 'self' ws://10.1.2.3:* wss://10.1.2.3:*;" in told
    assert "unsafe" not in told
    assert "default-src 'none'" in told
    assert "ws://[::1]:*" in policy(request(host="[::1]:8080"))


def test_the_policy_takes_no_strange_host() -> None:
    assert "connect-src 'self';" in policy(request(host="a;script-src *"))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [("wss://media.example/live", True), ("wss://x; script-src *", False), ("http://x", False)],
)
def test_viewers_behind_a_proxy(url: str, allowed: bool) -> None:
    assert (f"connect-src 'self' {url};" in policy(request(), url)) == allowed


def test_the_look_is_the_systems_until_chosen() -> None:
    assert theme_of(request()) == "auto"
    assert theme_of(request(cookie="tongshi_theme=dark")) == "dark"
    assert theme_of(request(cookie="tongshi_theme=pink")) == "auto"


def test_preferences_are_kept_for_a_year() -> None:
    response = Response()
    keep(response, "tongshi_theme", "dark", secure=True)
    cookie = response.headers["set-cookie"]
    assert "Max-Age=31536000" in cookie
    assert "Secure" in cookie


def test_a_visit_without_a_sign_in(parts: Parts) -> None:
    visit = Visit(request(hx_request="true"), parts, Drawing(Assets()), None)
    with pytest.raises(SignInNeeded):
        assert visit.asker
    assert visit.fragment
    assert visit.go("/devices").headers["HX-Redirect"] == "/devices"
    whole = Visit(request(), parts, Drawing(Assets()), None)
    assert not whole.fragment
    assert whole.go("/devices").status_code == 303
