"""One request for a page: who asks, in which words, and how the answer is drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tongshi.access.identity import Certificate, is_certified
from tongshi.api.asker import Asker, words_for
from tongshi.api.parts import Parts
from tongshi.api.session import rights
from tongshi.api.text import Language, Words
from tongshi.console.drawing import Drawing
from tongshi.errors import SignInNeeded

THEME_COOKIE = "tongshi_theme"
THEMES = ("auto", "dark", "light")
"""The first is the system's; a click goes to the next."""
YEAR = 365 * 86400
_HOST = re.compile(r"[A-Za-z0-9._\-:\[\]]{1,255}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page.  found: who asks, None while nobody is signed in."""

    request: Request
    parts: Parts
    drawing: Drawing
    found: Asker | None

    @property
    def asker(self) -> Asker:
        """Who asks; raises SignInNeeded."""
        if self.found is None:
            raise SignInNeeded("nobody is signed in")
        return self.found

    @property
    def words(self) -> Words:
        """The words of the visitor's language."""
        return words_for(self.request, self.parts.settings.node.language)

    @property
    def fragment(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    def draw(
        self,
        template: str,
        values: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        place: str = "",
    ) -> Response:
        """Return *template* drawn with *values*.  place: the address that the page then has."""
        html = self.drawing.draw(template, {**self._frame(), **(values or {})})
        headers = {
            "Cache-Control": "no-store",
            "Vary": "HX-Request, Cookie",
            "Content-Security-Policy": policy(self.request, self.parts.settings.media.viewer_url),
        }
        if place:
            headers["HX-Replace-Url"] = place
        return HTMLResponse(html, status, headers)

    def go(self, place: str) -> Response:
        """Return the way to another page of ours."""
        if self.fragment:
            return Response(status_code=204, headers={"HX-Redirect": place})
        return RedirectResponse(place, 303)

    def _frame(self) -> Mapping[str, object]:
        """Return what every page shows."""
        words, request = self.words, self.request
        theme = theme_of(request)
        values: dict[str, object] = {
            "t": words,
            "language": words.language.value,
            "other_language": _other(words.language).value,
            "theme": theme,
            "next_theme": THEMES[(THEMES.index(theme) + 1) % len(THEMES)],
            "node_name": self.parts.settings.node.name,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "mark": self.parts.feed.mark(),
            "page": request.url.path.strip("/").partition("/")[0],
        }
        if self.found is not None:
            values["warnings"] = self._warnings(words, self.found)
            values["person"] = self.found.person
            values["rights"] = rights(self.found.person)
        return values

    def _warnings(self, words: Words, asker: Asker) -> list[str]:
        """Return what every page tells the visitor of the own account."""
        session, access = asker.session, self.parts.settings.access
        found = []
        certified = is_certified(session.person, self.parts.clock.wall())
        if not certified and access.certificate != Certificate.OFF.value:
            found.append(words("own.uncertified"))
        if session.elsewhere:
            found.append(words("own.elsewhere", count=session.elsewhere))
        return found


def theme_of(request: Request) -> str:
    """Return the look that was chosen, else the system's."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def own_place(text: str, default: str = "/") -> str:
    """Return *text* if it is a place of this site, else *default*: never a way out of it."""
    inside = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if inside else default


def door(request: Request) -> str:
    """Return the way to the sign-in page, and back to what was asked for."""
    path, query = request.url.path, request.url.query
    if request.method != "GET" or path == "/":
        return "/sign-in"
    return f"/sign-in?next={quote(path + (f'?{query}' if query else ''), safe='')}"


def policy(request: Request, viewer_url: str = "") -> str:
    """Return the content security policy: everything from here, pictures from this host's ports.

    viewer_url: where viewers' WebSockets are when a proxy stands before them.
    """
    host = request.url.hostname or ""
    sockets = viewer_url if _is_plain(viewer_url) else ""
    if not sockets and _HOST.fullmatch(host):
        host = f"[{host}]" if ":" in host else host
        sockets = f"ws://{host}:* wss://{host}:*"
    parts = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self' blob:",
        f"connect-src 'self' {sockets}".strip(),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(parts)


def _is_plain(url: str) -> bool:
    return bool(re.fullmatch(r"wss?://[A-Za-z0-9._\-:\[\]]+(/[A-Za-z0-9._\-/]*)?", url))


def _other(language: Language) -> Language:
    return Language.EN if language is Language.ZH else Language.ZH


def keep(response: Response, name: str, value: str, *, secure: bool) -> None:
    """Let the browser remember a preference for a year."""
    response.set_cookie(name, value, max_age=YEAR, path="/", secure=secure, samesite="lax")
