"""Video encoders that answer each picture with its access unit at once."""

from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from tongshi.errors import EngineFailed
from tongshi.media.unit import Codec

# One thread and no look-ahead: a unit leaves with the call that brought its picture.  Key frames
# come by the clock alone, each with its parameter sets and an access unit delimiter
# (GB/T 28181-2022 C.1 wants both before the picture).
_NAMES = {Codec.H264: "libx264", Codec.H265: "libx265"}
_PRESETS = {Codec.H264: "superfast", Codec.H265: "ultrafast"}
_X264 = "scenecut=0:aud=1:sliced-threads=0:repeat-headers=1:keyint={gop}:min-keyint={gop}"
_X265 = (
    "scenecut=0:aud=1:repeat-headers=1:bframes=0:pools=none:frame-threads=1:wpp=0:info=0"
    ":log-level=none:keyint={gop}:min-keyint={gop}"
)


class Encoder:
    """One stream of H.264 or H.265 in Annex B form."""

    def __init__(
        self, codec: Codec, width: int, height: int, *, fps: int, gop: int, bitrate: int
    ) -> None:
        """Open an encoder.

        width, height: pixels, even.  gop: frames from key frame to key frame.  bitrate: bit/s.
        Raises EngineFailed when this build of FFmpeg cannot.
        """
        if codec not in _NAMES:
            raise EngineFailed(f"no encoder for {codec.name}", stage="encode")
        try:
            context = av.CodecContext.create(_NAMES[codec], "w")
        except (av.error.FFmpegError, ValueError) as error:
            raise EngineFailed(f"no encoder for {codec.name}: {error}", stage="encode") from error
        if not isinstance(context, av.VideoCodecContext):
            raise EngineFailed(f"{_NAMES[codec]} is no video encoder", stage="encode")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(fps)
        context.time_base = Fraction(1, fps)
        context.bit_rate = bitrate
        context.gop_size = gop
        context.max_b_frames = 0
        context.thread_count = 1
        private = "x264-params" if codec is Codec.H264 else "x265-params"
        vbv = f":vbv-maxrate={bitrate * 3 // 2000}:vbv-bufsize={bitrate // 1000}"
        params = (_X264 if codec is Codec.H264 else _X265).format(gop=gop) + vbv
        context.options = {
            "preset": _PRESETS[codec],
            "tune": "zerolatency",
            "forced-idr": "1",
            private: params,
        }
        self._context = context
        self._count = 0

    def encode(self, planes: NDArray[np.uint8], *, key: bool = False) -> tuple[bytes, bool]:
        """Return the access unit of a picture and whether it is a key frame.

        planes: uint8[H * 3 / 2, W], ``yuv420p``.  key: it has to be one.  Raises EngineFailed.
        """
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = self._count
        if key:
            frame.pict_type = PictureType.I
        self._count += 1
        try:
            packets = self._context.encode(frame)
        except av.error.FFmpegError as error:
            raise EngineFailed(f"encoding failed: {error}", stage="encode") from error
        if not packets:
            raise EngineFailed("the encoder kept a picture back", stage="encode")
        return b"".join(bytes(packet) for packet in packets), any(p.is_keyframe for p in packets)
