"""One picture as JPEG, with its captions and counter: what a simulated device uploads."""

from fractions import Fraction

import av
from av.video.reformatter import ColorRange

from tongshi.errors import EngineFailed
from tongshi.sim.film import Shot, paint
from tongshi.sim.picture import Picture


def photograph(shot: Shot, picture: Picture, number: int) -> bytes:
    """Return frame *number* of *shot* as JPEG.

    picture: the view, built for the shot's size.  Raises EngineFailed.
    """
    canvas = paint(shot, picture, number)
    context = av.CodecContext.create("mjpeg", "w")
    if not isinstance(context, av.VideoCodecContext):
        raise EngineFailed("no encoder for JPEG", stage="encode")
    context.width, context.height = shot.width, shot.height
    context.pix_fmt = "yuvj420p"
    context.time_base = Fraction(1, shot.fps)
    try:
        frame = av.VideoFrame.from_ndarray(canvas.planes, format="yuv420p")
        full = frame.reformat(format="yuvj420p", dst_color_range=ColorRange.JPEG)
        packets = [*context.encode(full), *context.encode(None)]
    except av.error.FFmpegError as error:
        raise EngineFailed(f"no JPEG: {error}", stage="encode") from error
    return b"".join(bytes(packet) for packet in packets)
