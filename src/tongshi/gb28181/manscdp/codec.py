"""Bytes of a body to an XML tree, and text back to bytes.

::

    bytes -> decode -> strict parser -> tree
                          | not well-formed
                          v
                       recover -> tree | refused

The declared encoding is never believed: devices declare GB2312 and write UTF-8, and the reverse.

Source: GB/T 28181-2022 6.10 and annex A.
"""

import re
from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import TreeBuilder
from xml.parsers import expat

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.manscdp.recover import CLAUSE, MAX_DEPTH, recover
from tongshi.gb28181.version import Version

MAX_BYTES = 8 * 1024 * 1024
"""Longest body read: room for the 10,000 records that annex M allows in one message."""
MAX_ELEMENTS = 400_000
"""Most elements in a body."""

_THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
_CHINESE = re.compile(rb"encoding\s*=\s*.\s*GB", re.IGNORECASE)
_STRAY = b"\x00 \t\r\n"


def decode(body: bytes) -> str:
    """Return the text of *body*, whatever it declares; broken bytes become U+FFFD.

    UTF-8 is tried first: Chinese text in GB18030 is hardly ever valid UTF-8, but UTF-8 is often
    valid GB18030.  Hardly ever: one in thirty names of two characters is, and reads as two-byte
    letters then.  Where nothing else is there, the declaration decides for once.
    Where both readings are broken, the one with less damage wins.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        chinese = body.decode("gb18030", "replace")
        if "\ufffd" not in chinese:
            return chinese
        text = body.decode("utf-8", "replace")
        return text if text.count("\ufffd") < chinese.count("\ufffd") else chinese
    if text.isascii() or _THREE_BYTES.search(text) or not _CHINESE.search(body[:100]):
        return text
    return body.decode("gb18030", "replace")


def parse(body: bytes) -> Tree:
    """Return the root element of *body*, tags without namespace prefixes.

    Raises RemoteProtocolError: 413 when it is too large; 400 when it carries a DTD, is too deep,
    is cut off, or holds no XML that can be repaired.
    """
    if len(body) > MAX_BYTES or body.count(b"<") > 2 * MAX_ELEMENTS:
        raise RemoteProtocolError("body is too large", clause=CLAUSE, status=413)
    start = body.find(b"<")
    if start < 0:
        raise RemoteProtocolError("body holds no XML", clause=CLAUSE)
    text = decode(body[start:].rstrip(_STRAY))
    try:
        tree = _parse(text)
    except expat.ExpatError:
        tree = recover(text)
    _check_depth(tree)
    if ":" in tree.tag:
        for element in tree.iter():
            element.tag = element.tag.rpartition(":")[2]
    return tree


def encode(text: str, version: Version) -> bytes:
    """Return *text*, an XML document without declaration, as a body for a peer of *version*.

    The bytes are GB18030 always; what is declared is the name that the edition knows.  GB2312 is
    a part of GB18030, and receivers that believe it lose only characters that it lacks.
    """
    charset = "GB18030" if version is Version.V2022 else "GB2312"
    document = f'<?xml version="1.0" encoding="{charset}"?>\r\n{text}'
    return document.encode("gb18030", "replace")


def _parse(text: str) -> Tree:
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    # The builder's methods are C functions: no Python runs per element.
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    # Text, not bytes: the parser then ignores the declared encoding.
    parser.Parse(text, True)
    return builder.close()


def _refuse_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
    raise RemoteProtocolError("body declares a document type", clause=CLAUSE)


def _check_depth(tree: Tree) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise RemoteProtocolError("elements are nested too deep", clause=CLAUSE)
