"""The coder process: decodes and encodes for a worker, at its own risk and low priority.

Start: ``python -m tongshi.gateway.coder FD``.  It ends when FD does.
"""

import os
import socket
import sys
import time
from dataclasses import replace

from tongshi.errors import EngineFailed
from tongshi.gateway.child import inherit
from tongshi.gateway.decode import Transcoder, to_jpeg
from tongshi.gateway.parcel import HEAD, Kind, Parcel, read_head
from tongshi.gateway.stamp import stamp_jpeg
from tongshi.gateway.stamps import unpack

_NICE = 5
_BEHIND = 0.2  # s: frames that waited longer are decoded but not shown


class Coder:
    """Answers each parcel by one parcel of the same kind, or by a fault."""

    def __init__(self) -> None:
        self._transcoder = Transcoder()

    def answer(self, parcel: Parcel, now: float) -> Parcel:
        """Return the answer; a codec's failure is a fault, never raised."""
        try:
            if parcel.kind is Kind.PICTURE:
                return Parcel(Kind.PICTURE, to_jpeg(parcel.data))
            if parcel.kind is Kind.STAMP:
                text, jpeg = unpack(parcel.data)
                return Parcel(Kind.STAMP, stamp_jpeg(jpeg, text))
            return self._transcode(parcel, now)
        except EngineFailed as error:
            return Parcel(Kind.FAULT, f"{error.stage}:{error}".encode())

    def _transcode(self, parcel: Parcel, now: float) -> Parcel:
        coded = self._transcoder.feed(parcel.data, behind=now - parcel.sent > _BEHIND)
        if not coded:
            return replace(parcel, data=b"", key=False)
        last = coded[-1]  # without look-ahead a frame never gives two
        return Parcel(Kind.FRAME, last.data, key=last.key, pts=last.pts, sent=parcel.sent)


def serve(end: socket.socket) -> None:
    """Say that we are ready, then answer parcels until *end* is closed by the other side."""
    coder = Coder()
    end.sendall(Parcel(Kind.READY, b"").head())
    while True:
        head = _receive(end, HEAD.size)
        if head is None:
            return
        length, parcel = read_head(head)
        data = _receive(end, length)
        if data is None:
            return
        answer = coder.answer(replace(parcel, data=data), time.monotonic())
        try:
            end.sendall(answer.head() + answer.data)
        except OSError:
            return


def _receive(end: socket.socket, size: int) -> bytes | None:
    """Return *size* bytes; None at the end."""
    parts = bytearray()
    while len(parts) < size:
        part = end.recv(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def main(arguments: list[str]) -> None:
    """Run until the parent is gone."""
    with inherit(arguments[0]) as end:
        end.setblocking(True)
        os.nice(_NICE)
        serve(end)


if __name__ == "__main__":
    main(sys.argv[1:])
