"""The pieces of SIP's grammar that several headers share: tokens, quotes, parameters, host:port.

Theory of operation.  Each function has one cheap test for the ordinary case, splits with
``str`` methods there, and walks character by character only through what is quoted.

Source: RFC 3261 25.1.
"""

import re

from tongshi.errors import RemoteProtocolError

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order; names and values as sent, None for one without a value."""

LWS = " \t"
TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_HOST = re.compile(r"[A-Za-z0-9_.\-]+")
_V6 = re.compile(r"[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.\-]+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CLAUSE = "RFC 3261 25.1"


def refuse(
    what: str, text: str, *, clause: str = _CLAUSE, status: int = 400
) -> RemoteProtocolError:
    """Return the error that says *what* is wrong with *text*, of which 80 characters are shown."""
    return RemoteProtocolError(f"{what}: {text[:80]!r}", clause=clause, status=status)


def readable(text: str, limit: int = 200) -> str:
    """Return at most *limit* characters of a peer's *text* as people and logs may see them.

    Control characters, line ends of all kinds, and bytes that were no UTF-8 become ``?``.
    """
    text = text[:limit]
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else "?" for char in text])


def is_token(text: str) -> bool:
    """Whether *text* is a token."""
    return TOKEN.fullmatch(text) is not None


def read_number(text: str, what: str, limit: int = 2**32 - 1) -> int:
    """Return the decimal number *text*, 0..limit; raises RemoteProtocolError."""
    if not (text.isascii() and text.isdigit()) or len(text) > 20 or int(text) > limit:
        raise refuse(f"{what} is not a number up to {limit}", text)
    return int(text)


def close_quote(text: str, start: int) -> int:
    """Return the index of the quote that ends the string opened at *start*, -1 for none."""
    at = start + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            return -1
        slash = text.find("\\", at, end)
        if slash < 0:
            return end
        at = slash + 2


def split(text: str, separator: str) -> list[str]:
    """Return the parts of *text* between *separator*, but not inside quotes or angle brackets.

    Raises RemoteProtocolError when a quote or bracket stays open.
    """
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = at = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            at = close_quote(text, at)
        elif char == "<":
            at = text.find(">", at)
        elif char == separator:
            parts.append(text[start:at])
            start = at + 1
        if at < 0:
            raise refuse("quote or bracket is not closed", text)
        at += 1
    parts.append(text[start:])
    return parts


def quote(text: str) -> str:
    """Return *text* as a quoted string."""
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def unquote(text: str) -> str:
    """Return what a quoted string says; other text is returned as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if "\\" in text else text


def read_params(text: str) -> Params:
    """Return the parameters of *text*, which begins behind the first semicolon.

    A semicolon too many is let pass at the very end, where devices leave one; nowhere else.
    Raises RemoteProtocolError.
    """
    parts = split(text, ";")
    if len(parts) > 1 and not parts[-1].strip(LWS):
        del parts[-1]
    params: list[tuple[str, str | None]] = []
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip(LWS)
        if not is_token(name):
            raise refuse("parameter has no name", text)
        params.append((name, _param_value(value, text) if equals else None))
    return tuple(params)


def _param_value(value: str, text: str) -> str:
    value = value.strip(LWS)
    if value[:1] == '"':
        if close_quote(value, 0) != len(value) - 1:
            raise refuse("quoted parameter is not closed", text)
    elif " " in value or "\t" in value or '"' in value or "<" in value:
        raise refuse("parameter has a space or quote in its value", text)
    if _CONTROL.search(value) and value[:1] != '"':
        raise refuse("parameter has a control character in its value", text)
    return value


def find_param(params: Params, name: str) -> str | None:
    """Return the parameter's value, unquoted; "" when it has none, None when it is absent.

    name: in lower case.
    """
    for key, value in params:
        if key == name or key.lower() == name:
            return "" if value is None else unquote(value)
    return None


def write_params(params: Params) -> str:
    """Return *params* as text, each led by a semicolon."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def read_hostport(text: str) -> tuple[str, int | None]:
    """Return host, without brackets, and port of ``host[:port]``; raises RemoteProtocolError."""
    if text[:1] == "[":
        host, bracket, tail = text[1:].partition("]")
        if not bracket or _V6.fullmatch(host) is None or (tail and tail[0] != ":"):
            raise refuse("host is not an IPv6 address", text)
        colon, port = tail[:1], tail[1:]
    else:
        host, colon, port = text.partition(":")
        if _HOST.fullmatch(host) is None:
            raise refuse("host has a character that none may have", text)
    if not colon:
        return host, None
    return host, read_number(port, "port", 65535)


def write_hostport(host: str, port: int | None) -> str:
    """Return ``host[:port]``, with brackets around IPv6."""
    if ":" in host:
        host = f"[{host}]"
    return host if port is None else f"{host}:{port}"
