"""The whole path of one stream, from datagrams to readers, with its figures.

The face of ``Pipeline``, which follows in this module::

    Pipeline(*, payload_types=(), ssrc=None, strict_ssrc=False, ordered=False, freeze=True,
             backlog_limit=2_000_000)
    .receive(datagrams, now)       a batch of datagrams of UDP
    .receive_bytes(data, now)      bytes of a TCP connection
    .announce(ssrc, payload_types) what the answer said
    .figures(now) -> Figures
    .hub (join, leave, still), .track (None until the first key frame)
    .units: list of callables that get each AccessUnit (video and sound)
    .frames: list of callables that get each rtp.Frame, for relays
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """What one stream has carried so far; every field is plain, so that JSON can carry it.

    packets, bytes: as received.  lost, late, reordered, duplicates, restarts: packets, by order.
    foreign, malformed, rtcp: packets that are not of the stream.  resyncs: TCP framing or
    program stream found again after garbage.  unsupported: frames of a payload nobody here reads.
    frames: pictures.  keys: those at which decoding can begin.  damaged: those hit by loss.
    frozen: those withheld until the next key frame.  sounds: blocks of sound.
    bitrate: bit/s; fps: frames/s; both over the last second or more.
    payload: "ps", "h264", ...; video, audio: codecs, "unknown" where not yet seen.
    skips: times that a reader fell behind.
    """

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    late: int = 0
    reordered: int = 0
    duplicates: int = 0
    restarts: int = 0
    foreign: int = 0
    malformed: int = 0
    rtcp: int = 0
    ssrc: int | None = None
    ssrc_changes: int = 0
    resyncs: int = 0
    unsupported: int = 0
    frames: int = 0
    keys: int = 0
    damaged: int = 0
    frozen: int = 0
    sounds: int = 0
    bitrate: float = 0.0
    fps: float = 0.0
    payload: str = "unknown"
    video: str = "unknown"
    audio: str = "unknown"
    width: int = 0
    height: int = 0
    readers: int = 0
    skips: int = 0
