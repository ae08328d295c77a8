"""Pictures out of coded video, by FFmpeg.  Only the coder process imports this."""

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import Literal

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from tongshi.errors import EngineFailed
from tongshi.gateway.fragments import Config, Sample, read

_CLOCK = Fraction(1, 90_000)
_WIDEST, _HIGHEST = 1280, 720
_X264 = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "25",
    "maxrate": "3000000",
    "bufsize": "3000000",
    "forced-idr": "1",
    "x264-params": "keyint=infinite:scenecut=0:repeat-headers=1",
}


@dataclass(frozen=True, slots=True)
class Coded:
    """One H.264 access unit, Annex B; pts in 90 kHz.  Frames leave in the order they show."""

    data: bytes
    pts: int
    key: bool


def to_jpeg(still: bytes) -> bytes:
    """Return the first picture of *still*, an MP4 file, as JPEG.

    Raises EngineFailed when there is no picture in it.
    """
    try:
        with av.open(BytesIO(still), "r", format="mp4") as container:
            picture = next(container.decode(video=0), None)
        if picture is None:
            raise EngineFailed("the key frame holds no picture", stage="decode")
        encoder = _open("mjpeg", "w")
        encoder.width, encoder.height = picture.width, picture.height
        encoder.pix_fmt = "yuvj420p"
        encoder.time_base = _CLOCK
        encoder.options = {"qmin": "3", "qmax": "5"}
        image = picture.reformat(format="yuvj420p")
        image.pts = 0
        return b"".join(bytes(packet) for packet in [*encoder.encode(image), *encoder.encode(None)])
    except (av.FFmpegError, IndexError) as error:
        raise EngineFailed(f"the key frame cannot be decoded: {error}", stage="decode") from None


class Transcoder:
    """H.265 in, H.264 of at most 1280x720 out, a frame for a frame, without look-ahead."""

    def __init__(self) -> None:
        self._decoder: VideoCodecContext | None = None
        self._encoder: VideoCodecContext | None = None
        self._key_due = True

    def feed(self, message: bytes, *, behind: bool) -> list[Coded]:
        """Return what one message of a hub gives: most often one frame.

        Of several frames, which is how a stream is joined, only the last is shown.
        behind: decode only, to catch up; the next frame shown refers to the last one encoded.
        Raises EngineFailed when the codec gives up.
        """
        items = list(read(message))
        coded: list[Coded] = []
        for item in items:
            if isinstance(item, Config):
                self._configure(item)
                continue
            self._key_due |= item.key
            pictures = self._decode(item)
            if pictures and item is items[-1] and not behind:
                coded += [part for picture in pictures for part in self._encode(picture)]
        return coded

    def _configure(self, config: Config) -> None:
        self._decoder = _open("hevc" if config.h265 else "h264", "r")
        self._decoder.extradata = config.data
        self._decoder.thread_count = 1

    def _decode(self, sample: Sample) -> list[VideoFrame]:
        if self._decoder is None:
            return []
        packet = av.Packet(sample.data)
        packet.pts = packet.dts = sample.pts
        packet.time_base = _CLOCK
        try:
            return self._decoder.decode(packet)
        except av.FFmpegError:
            return []  # a damaged frame: the next key frame heals it

    def _encode(self, picture: VideoFrame) -> list[Coded]:
        width, height = fit(picture.width, picture.height)
        if self._encoder is None or (width, height) != (self._encoder.width, self._encoder.height):
            self._encoder = _encoder(width, height)
            self._key_due = True
        image = picture.reformat(width=width, height=height, format="yuv420p")
        image.pts, image.time_base = picture.pts, _CLOCK
        image.pict_type = PictureType.I if self._key_due else PictureType.NONE
        self._key_due = False
        try:
            packets = self._encoder.encode(image)
        except av.FFmpegError as error:
            raise EngineFailed(f"H.264 encoder: {error}", stage="encode") from None
        return [Coded(bytes(packet), packet.pts or 0, packet.is_keyframe) for packet in packets]


def fit(width: int, height: int) -> tuple[int, int]:
    """Return the size, both even, that fits 1280x720 in the same proportion."""
    scale = min(1.0, _WIDEST / width, _HIGHEST / height)
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _open(name: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    context = av.CodecContext.create(name, mode)
    if not isinstance(context, VideoCodecContext):
        raise EngineFailed(f"{name} is no video codec", stage="decode")
    return context


def _encoder(width: int, height: int) -> VideoCodecContext:
    encoder = _open("libx264", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = _CLOCK
    encoder.framerate = Fraction(25)
    encoder.thread_count = 1
    encoder.options = _X264
    return encoder
