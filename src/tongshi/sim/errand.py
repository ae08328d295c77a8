"""What a simulated device does over HTTP: it uploads snapshots and fetches firmware.

Each runs in a thread of its own, with time-outs, and reports what came of it.

Source: GB/T 28181-2022 9.13, 9.14, A.2.1.24; the field, for how pictures are posted.
"""

import http.client
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tongshi.sim.quirks import Quirks

TIMEOUT_S = 10.0
MOST_FIRMWARE = 256 * 1024 * 1024
"""Longest firmware that is fetched, byte."""
_BOUNDARY = "7e13971310878"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """Firmware that was fetched.  size: byte.  why: empty, or what went wrong."""

    size: int
    why: str = ""


def upload(url: str, name: str, picture: bytes, quirks: Quirks) -> str:
    """Send *picture* to *url*; return why that failed, empty when it did not.

    name: 41 characters, without a suffix.  By default as Hikvision does: a form with one file.
    """
    parts = urlsplit(url)
    target = _target_of(parts)
    if "upload-appended" in quirks:
        target = f"{target.rstrip('/')}/{name}.jpg"
    method, body, kind = "POST", picture, "image/jpeg"
    if "upload-put" in quirks:
        method = "PUT"
    elif "upload-raw" not in quirks:
        body, kind = _form(name, picture), f"multipart/form-data; boundary={_BOUNDARY}"
    try:
        connection = _connect(parts)
        try:
            connection.request(method, target, body, {"Content-Type": kind})
            response = connection.getresponse()
            response.read(_CHUNK)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return "" if 200 <= response.status < 300 else f"status {response.status}"


def fetch(url: str) -> Fetched:
    """Read what is at *url* and forget it."""
    parts = urlsplit(url)
    size = 0
    try:
        connection = _connect(parts)
        try:
            connection.request("GET", _target_of(parts))
            response = connection.getresponse()
            if response.status != 200:
                return Fetched(0, f"status {response.status}")
            while chunk := response.read(_CHUNK):
                size += len(chunk)
                if size > MOST_FIRMWARE:
                    return Fetched(size, "too large")
            wanted = response.headers.get("Content-Length")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Fetched(size, str(error) or type(error).__name__)
    short = wanted is not None and wanted.isdigit() and int(wanted) != size
    return Fetched(size, "cut short" if short else "" if size else "empty")


def _connect(parts: SplitResult) -> http.client.HTTPConnection:
    """Return a connection to the host of a URL; raises ValueError for what is none."""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an address of HTTP: {parts.geturl()[:80]!r}")
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return make(parts.hostname, parts.port, timeout=TIMEOUT_S)


def _target_of(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _form(name: str, picture: bytes) -> bytes:
    head = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode("ascii") + picture + f"\r\n--{_BOUNDARY}--\r\n".encode("ascii")
