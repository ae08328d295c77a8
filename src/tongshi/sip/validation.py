"""Whether a message has what every SIP element relies on, in a form that can be read.

Source: RFC 3261 8.1.1, 8.2.2, 16.3; the outcomes are those of RFC 4475.
"""

import re

from tongshi.sip.grammar import is_token, refuse
from tongshi.sip.message import Message, Request, Response
from tongshi.sip.uri import Uri

_PLAIN_URI = re.compile(r"sips?:[A-Za-z0-9_.\-]+@[A-Za-z0-9_.\-]+(?::[0-9]{1,4})?")
# Fields that hold one value (RFC 3261 7.3.1); a second, different one leaves the meaning open.
_SINGLE = ("Call-ID", "CSeq", "From", "To")


def check(message: Request | Response) -> None:
    """Raise RemoteProtocolError if *message* lacks or breaks what it needs, else return.

    A missing tag in From or To is let pass: old and simple devices send none.
    """
    _ = message.via, message.from_tag, message.to_tag, message.call_id
    method = message.cseq[1]
    if message.headers.repeated:
        _refuse_doubles(message)
    if isinstance(message, Request):
        if method != message.method:
            raise refuse("CSeq names another method", method, clause="RFC 3261 20.16")
        _check_uri(message.uri)


def _refuse_doubles(message: Message) -> None:
    for name in _SINGLE:
        if name in message.headers.repeated and len(set(message.headers.all(name))) > 1:
            raise refuse(f"{name} is given twice", message.start_line, clause="RFC 3261 7.3.1")


def _check_uri(text: str) -> None:
    if _PLAIN_URI.fullmatch(text) is not None:
        return
    uri = Uri.parse(text)
    if uri.opaque:
        raise refuse("Request-URI is not a SIP URI", text, clause="RFC 3261 8.2.2.1", status=416)
    if uri.headers:
        raise refuse("Request-URI has headers", text, clause="RFC 3261 19.1.1")


def unsupported(request: Request, known: frozenset[str] = frozenset()) -> list[str]:
    """Return the extensions that *request* requires and *known* lacks (RFC 3261 8.2.2.3)."""
    if request.headers.get("Require") is None:
        return []
    names = request.headers.all("Require")
    return [name for name in names if name.lower() not in known and is_token(name)]
