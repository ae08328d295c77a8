"""XML that no parser takes, read as its writer meant it.

Tags are found one by one, and everything between them is text.  So these do no harm: bare ``&``
and ``<`` in names, control characters, an end tag too many, an end tag missing, text after the
root.  A body that ends before its root does is refused: a part of an answer that lost its tail
must not pass for a whole one.
"""

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import TreeBuilder

from tongshi.errors import RemoteProtocolError

CLAUSE = "GB/T 28181-2022 A.1"
MAX_DEPTH = 16
"""Deepest nesting of elements; the standard's own messages need six."""

# Names of this standard are ASCII; so "<东门>" in the name of a camera is no tag.
_NAME = r"[A-Za-z_][A-Za-z0-9_.:-]*+"
_TAG = re.compile(
    rf"<(?:/(?P<end>{_NAME})\s*+>"
    rf"|(?P<start>{_NAME})(?P<attributes>(?:\s++{_NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)"
    r"\s*+(?P<empty>/?)>)"
)
_ATTRIBUTE = re.compile(rf"({_NAME})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def recover(text: str) -> Tree:
    """Return the root element that *text* was meant to hold.

    Raises RemoteProtocolError when it declares a document type, holds no element, is nested
    deeper than MAX_DEPTH, or ends before its root.
    """
    text = _between(text, "<!--", "-->", lambda comment: "")
    text = _between(text, "<![CDATA[", "]]>", _escaped)
    text = _between(text, "<?", "?>", lambda instruction: "")
    if _DECLARATION.search(text):
        raise RemoteProtocolError("body declares a document type", clause=CLAUSE)
    return _build(_ILLEGAL.sub("", text))


def _build(text: str) -> Tree:
    builder = TreeBuilder()
    path: list[str] = []
    begun = False
    at = 0
    for match in _TAG.finditer(text):
        if path:
            builder.data(_resolved(text[at : match.start()]))
        at = match.end()
        if match["end"]:
            _close(builder, path, match["end"])
        else:
            _open(builder, path, match)
            begun = True
        if begun and not path:
            return builder.close()
    if begun:
        raise RemoteProtocolError(f"XML is cut off inside <{path[-1]}>", clause=CLAUSE)
    raise RemoteProtocolError("body holds no XML element", clause=CLAUSE)


def _open(builder: TreeBuilder, path: list[str], match: re.Match[str]) -> None:
    if len(path) >= MAX_DEPTH:
        raise RemoteProtocolError("elements are nested too deep", clause=CLAUSE)
    attributes = {
        name: _resolved(double or single)
        for name, double, single in _ATTRIBUTE.findall(match["attributes"])
    }
    builder.start(match["start"], attributes)
    if match["empty"]:
        builder.end(match["start"])
    else:
        path.append(match["start"])


def _close(builder: TreeBuilder, path: list[str], tag: str) -> None:
    """Close *tag* and what was left open in it; an end without a beginning is nothing."""
    if tag in path:
        while (last := path.pop()) != tag:
            builder.end(last)
        builder.end(tag)


def _resolved(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _PREDEFINED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return _ILLEGAL.sub("", chr(code)) if code < 0x110000 else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _between(text: str, start: str, end: str, change: Callable[[str], str]) -> str:
    """Return *text* with each stretch from *start* to *end*, marks included, changed."""
    parts: list[str] = []
    at = 0
    while (begin := text.find(start, at)) >= 0:
        stop = text.find(end, begin + len(start))
        if stop < 0:
            break
        parts += text[at:begin], change(text[begin + len(start) : stop])
        at = stop + len(end)
    return "".join((*parts, text[at:]))
