"""The picture in the body of an upload: raw, or as a part of multipart/form-data.

The standard does not say how a picture is sent.  Most send it raw by PUT or POST; some send a form
with one part named ``file``.

Source: RFC 7578, RFC 2046 5.1; GB/T 28181-2022 9.14 and the field.
"""

import re
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError

CLAUSE = "RFC 2046 5.1"
PARTS = 8
"""Parts of a form that are looked at."""
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_FILENAME = re.compile(rb'filename="?([^"\r\n;]{0,200})"?', re.IGNORECASE)
_FIELD = re.compile(rb'[;\s]name="?([^"\r\n;]{0,64})"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What was sent.  name: as the sender calls it, of no meaning for where it is kept."""

    name: str
    data: bytes


def unpack(content_type: str, body: bytes) -> Parcel:
    """Return the picture in *body*.

    Raises RemoteProtocolError when it is a form without one.
    """
    if not content_type.lower().lstrip().startswith("multipart/"):
        return Parcel("", body)
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise RemoteProtocolError("a form without a boundary", clause=CLAUSE)
    boundary = b"--" + (match[1] or match[2]).encode("latin-1", "replace")
    parts = _parts(body, boundary)
    files = [parcel for field, parcel in parts if field == "file" or parcel.name]
    if not files:
        raise RemoteProtocolError("a form without a file", clause=CLAUSE)
    return files[0]


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, Parcel]]:
    """Return the parts of a form, each with the name of its field."""
    found: list[tuple[str, Parcel]] = []
    for piece in (b"\r\n" + body).split(b"\r\n" + boundary, PARTS + 1)[1 : PARTS + 1]:
        if piece.startswith(b"--"):
            break
        head, parted, data = piece.partition(b"\r\n\r\n")
        if not parted or len(head) > 4096:
            continue
        field, name = _FIELD.search(head), _FILENAME.search(head)
        parcel = Parcel(_text(name[1]) if name is not None else "", data)
        found.append((_text(field[1]) if field is not None else "", parcel))
    return found


def _text(raw: bytes) -> str:
    return "".join(filter(str.isprintable, raw.decode("utf-8", "replace")))
