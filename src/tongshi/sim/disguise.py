"""How quirky devices write their REGISTERs.

Source: GB/T 28181-2022 9.1.2; RFC 3261 10.2.
"""

from collections.abc import Callable

from tongshi.digest import Challenge, answer
from tongshi.sim.quirks import Quirks
from tongshi.sip.message import Request, Response


def preludes(request: Request, quirks: Quirks, new_token: Callable[[], str]) -> list[Request]:
    """Return what the device sends before its first REGISTER, modelled on *request*.

    What the platform answers to these, the device ignores.
    """
    early = []
    if "logout-first" in quirks:
        logout = _copy(request, new_token())
        logout.headers.set("Expires", "0")
        early.append(logout)
    if "bare-registers" in quirks:
        early.append(_copy(request, new_token()))
    return early


def alter(
    request: Request,
    quirks: Quirks,
    contact: tuple[str, int],
    refresh: bool,
    new_token: Callable[[], str],
) -> Request:
    """Return *request*, a REGISTER of the device, as it writes it.

    refresh: the device is registered already.
    """
    headers = request.headers
    if "early-authorization" in quirks and headers.get("Authorization") is None:
        user = request.from_user
        own = Challenge(request.uri.rpartition("@")[2], new_token(), qop=())
        forged = answer(
            own,
            method="REGISTER",
            uri=request.uri,
            username=user,
            password=new_token(),
            cnonce=new_token(),
        )
        headers.set("Authorization", str(forged))
    if "own-address-in-from" in quirks:
        host = f"[{contact[0]}]" if ":" in contact[0] else contact[0]
        own_uri = f"sip:{request.from_user}@{host}:{contact[1]}"
        headers.set("From", f"<{own_uri}>;tag={request.from_.tag}")
        headers.set("To", f"<{own_uri}>")
    if refresh and "route-on-refresh" in quirks:
        headers.set("Route", f"<{request.uri};lr>")
    if "frozen-cseq" in quirks:
        headers.set("CSeq", "1 REGISTER")
    if "expires-in-contact" in quirks:
        headers.set("Contact", f"{headers.get('Contact')};expires={headers.get('Expires')}")
        headers.remove("Expires")
    return request


def lacks_algorithm(response: Response) -> bool:
    """Return whether *response* is a challenge that does not name MD5."""
    challenge = response.headers.get("WWW-Authenticate") or ""
    return response.status == 401 and "algorithm=md5" not in challenge.lower().replace('"', "")


def _copy(request: Request, call_id: str) -> Request:
    copied = Request(request.method, request.uri, request.headers.copy(), request.body)
    copied.headers.set("Call-ID", call_id)
    return copied
