"""The helper process that burns a mark into a recording.

Start: ``python -m tongshi.gateway.burner FD``; it reads one line of JSON, an ``Order``, and
answers lines: ``{"part": 0.42}`` now and then, at last a ``Burnt``, or ``{"fault": ...}``.  The
pictures are decoded, written on and encoded as H.264, sound becomes AAC; at low priority, on one
core.  It ends when FD does.
"""

import errno
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tongshi.errors import EngineFailed
from tongshi.gateway.burn import Burnt, Order
from tongshi.gateway.child import inherit
from tongshi.gateway.stamp import Ink, draw_ink, lay

MOVES = 10.0
"""After so much footage the mark has moved on, s."""
STEP = 40
"""By so much, px."""
_NICE = 10
_TELL = 0.5  # s between what is told of the progress
_CHUNK = 1 << 20
_RATE = 8000  # Hz
_FRAME = 1024  # samples of an AAC frame
_X264 = {"preset": "veryfast", "crf": "23"}


def burn_file(order: Order, progress: Callable[[float], None]) -> Burnt:
    """Make the copy in this process; raises EngineFailed and OSError."""
    try:
        with (
            av.open(order.source, "r", format="mp4") as source,
            av.open(order.target, "w", format="mp4", options={"movflags": "+faststart"}) as target,
        ):
            frames = _copy(source, target, order.text, progress)
    except av.FFmpegError as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise EngineFailed(f"{order.source}: {error}", stage="export") from None
    if not frames:
        raise EngineFailed("the recording shows no picture", stage="export")
    digest = hashlib.sha256()
    with Path(order.target).open("rb") as made:
        while chunk := made.read(_CHUNK):
            digest.update(chunk)
        os.fsync(made.fileno())
        return Burnt(made.tell(), digest.hexdigest(), frames)


class Marker:
    """Writes on pictures that follow one another; the mark moves on slowly.

    width, height: which all of them get, even.
    """

    def __init__(self, text: str, width: int, height: int) -> None:
        self._text = text
        self._size = (width, height)
        self._ink: Ink | None = None
        self._place = -1

    def write(self, frame: VideoFrame, at: float) -> VideoFrame:
        """Return *frame*, which shows the moment *at*, s, with the mark on it."""
        width, height = self._size
        place = int(at // MOVES)
        if self._ink is None or place != self._place:
            self._ink, self._place = draw_ink(self._text, width, height, place * STEP), place
        planes = frame.reformat(width, height, "yuv420p").to_ndarray()
        luma = np.ascontiguousarray(planes[:height], dtype=np.uint8)
        lay(self._ink, luma)
        planes[:height] = luma
        marked = VideoFrame.from_ndarray(planes, format="yuv420p")
        marked.pts = frame.pts
        if frame.time_base is not None:
            marked.time_base = frame.time_base
        return marked


def _copy(
    source: InputContainer, target: OutputContainer, text: str, progress: Callable[[float], None]
) -> int:
    """Write all of *source* to *target* with the mark on it; return how many pictures there are."""
    pictures = source.streams.video[0]
    pictures.thread_type = "AUTO"
    sounds = source.streams.audio[0] if source.streams.audio else None
    shown = _open(target, pictures.codec_context.width, pictures.codec_context.height)
    heard = target.add_stream("aac", rate=_RATE, layout="mono") if sounds is not None else None
    marker = Marker(text, shown.width, shown.height)
    voice = AudioResampler("fltp", "mono", _RATE, _FRAME)
    length = float((pictures.duration or 0) * (pictures.time_base or 0)) or 1.0
    count, told = 0, time.monotonic()
    for packet in source.demux([each for each in (pictures, sounds) if each is not None]):
        if packet.stream is pictures:
            for frame in _pictures(packet):
                target.mux(shown.encode(marker.write(frame, frame.time or 0.0)))
                count += 1
                if time.monotonic() - told >= _TELL:
                    told = time.monotonic()
                    progress(min(1.0, (frame.time or 0.0) / length))
        elif heard is not None:
            _hear(target, heard, packet, voice)
    if heard is not None:
        for sound in voice.resample(None):
            target.mux(heard.encode(sound))
        target.mux(heard.encode(None))
    if count:
        target.mux(shown.encode(None))
    return count


def _pictures(packet: "Packet[Stream]") -> Iterator[VideoFrame]:
    """Yield what a packet shows; a damaged one shows nothing."""
    try:
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                yield frame
    except av.InvalidDataError:
        return


def _open(target: OutputContainer, width: int, height: int) -> VideoStream:
    """Return the stream of pictures, of even size."""
    shown = target.add_stream("libx264", rate=Fraction(25), options=_X264)
    shown.width, shown.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
    shown.pix_fmt = "yuv420p"
    shown.codec_context.thread_count = 1
    shown.codec_context.time_base = Fraction(1, 90_000)
    return shown


def _hear(
    target: OutputContainer, heard: AudioStream, packet: "Packet[Stream]", voice: AudioResampler
) -> None:
    try:
        frames = packet.decode()
    except av.InvalidDataError:
        return
    for frame in frames:
        if isinstance(frame, av.AudioFrame):
            for sound in voice.resample(frame):
                target.mux(heard.encode(sound))


def answer(order: Order, progress: Callable[[float], None]) -> dict[str, object]:
    """Return what is told of an order."""
    try:
        return asdict(burn_file(order, progress))
    except EngineFailed as error:
        return {"fault": str(error), "full": False}
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return {"fault": f"{order.target}: {error}", "full": full}


def serve(end: socket.socket) -> None:
    """Take the order, carry it out, and tell."""
    with end.makefile("rb") as read:
        order = Order(**json.loads(read.readline()))

    def tell(line: dict[str, object]) -> None:
        end.sendall(json.dumps(line).encode() + b"\n")

    tell(answer(order, lambda part: tell({"part": round(part, 4)})))
    end.recv(1)  # the parent has read it when it closes


def main(arguments: list[str]) -> None:
    """Make one copy and tell."""
    with inherit(arguments[0]) as end:
        end.setblocking(True)
        os.nice(_NICE)
        serve(end)


if __name__ == "__main__":
    main(sys.argv[1:])
