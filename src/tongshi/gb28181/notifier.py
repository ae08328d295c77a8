"""Subscriptions as who tells has them: the half of devices, and of a platform to its superior.

::

    ACTIVE --expired, Expires 0, last(), a NOTIFY refused or not answered--> OVER

Sources: GB/T 28181-2022 9.11, annex N; RFC 6665 4.2.
"""

from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.subscription import LONGEST, EventName, Subject
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response


def judge(request: Request, subject: Subject | None) -> Response | None:
    """Return the refusal of a SUBSCRIBE; None when it may be served.

    subject: of its body, None when that asks for nothing that is told: 489.
    """
    name = EventName.parse(request.headers.get("Event") or "")
    if subject is not None and name.package.lower() in ("catalog", "presence"):
        return None
    return request.response(489, headers=(("Allow-Events", "Catalog, presence"),))


class Notifier:
    """One subscription of a peer, which :func:`judge` let in.

    request: its first SUBSCRIBE.  contact: our Contact value.  longest: granted at the most, s.
    response: the answer to that SUBSCRIBE, to be sent before anything is told.
    """

    def __init__(self, request: Request, now: float, *, contact: str, longest: int = 3600) -> None:
        self.event = EventName.parse(request.headers.get("Event") or "")
        self.over = False
        self.ends_at = now
        self._contact = contact
        self._longest = min(longest, LONGEST)
        self.response = self._accept(request, now)
        self._dialog = Dialog.from_uas(request, self.response)

    def owns(self, request: Request) -> bool:
        """Whether *request* bears the identifiers of this subscription."""
        return self._dialog.matches(request)

    def refresh(self, request: Request, now: float) -> Response:
        """Take a SUBSCRIBE that it owns; with Expires 0 it is over, and is told so by `last`."""
        if self.over or now > self.ends_at:
            self.over = True
            return request.response(481)
        if not self._dialog.accepts(request):
            return request.response(500)
        return self._accept(request, now)

    def notify(self, body: bytes, now: float) -> Request | None:
        """Return the NOTIFY that tells *body*; None when it is over."""
        if self.over or now >= self.ends_at:
            self.over = True
            return None
        return self._make(f"active;expires={int(self.ends_at - now)}", body)

    def last(self, reason: str = "timeout", body: bytes = b"") -> Request:
        """End it; return the NOTIFY that says so.

        reason: as RFC 6665 4.1.3 has them: ``timeout``, ``deactivated``, ``noresource``.
        """
        self.over = True
        return self._make(f"terminated;reason={reason}", body)

    def answered(self, status: int | None) -> None:
        """Take the answer to a NOTIFY; None when none came.  Whoever knows of none ends it."""
        if status is None or status in (404, 410, 481, 489):
            self.over = True

    def _accept(self, request: Request, now: float) -> Response:
        wish = request.expires
        granted = self._longest if wish is None else min(wish, self._longest)
        self.ends_at = now + granted
        self.over = granted == 0
        headers = (
            ("Contact", self._contact),
            ("Expires", str(granted)),
            ("Event", str(self.event)),
        )
        return request.response(200, headers=headers)

    def _make(self, state: str, body: bytes) -> Request:
        headers = [("Event", str(self.event)), ("Subscription-State", state)]
        if body:
            headers.append(("Content-Type", CONTENT_TYPE))
        return self._dialog.request("NOTIFY", headers, body)
