"""What a media engine does for the node, whoever implements it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tongshi.errors import Error
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.media import stream


class Transport(Enum):
    """How a stream's RTP comes to us."""

    UDP = "udp"
    TCP_PASSIVE = "tcp-passive"
    """We listen, the device connects: the default of the standard."""
    TCP_ACTIVE = "tcp-active"
    """We connect to the port that the answer names."""


PayloadTypes = tuple[tuple[int, str], ...]
"""Payload type and encoding name of each ``a=rtpmap``, as ``((96, "PS"),)``; may be empty."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What of the past a stream brings.

    since, until: UNIX time, s.  file: where it is written, see ``tongshi.gateway.record``; empty
    when it is only watched.
    """

    since: float
    until: float
    file: str = ""


@dataclass(frozen=True, slots=True)
class Receive:
    """A stream to be received.

    stream: the caller's name for it, unique in this engine.
    ssrc: the one asked for; None takes any.  It is never insisted on: peers send others.
    footage: None for a live stream.
    """

    stream: str
    transport: Transport
    ssrc: int | None = None
    payload_types: PayloadTypes = ()
    footage: Footage | None = None


class Turn(Enum):
    """What was asked of the sender of footage, or what it answered; see ``Engine.steer``."""

    HOLD = "hold"
    """It waits, and so do the viewers: silence is no fault."""
    WAIT = "wait"
    """It waits, because the viewers have more than enough in store."""
    GO = "go"
    """It sends again."""
    SPEED = "speed"
    """It took a speed, negative for backwards: the value."""
    SEEK = "seek"
    """It is being asked to go on at a moment, UNIX time: the value."""
    LANDED = "landed"
    """It agreed, and says that it goes on at the value, if it says so."""
    STAY = "stay"
    """It refused to go anywhere."""


@dataclass(frozen=True, slots=True)
class Track:
    """What a stream shows, as its first key frame told.

    codec: ``"h264"``, ``"h265"``.  mime: for a MediaSource.  audio: ``"g711a"``, ``"g711u"``,
    or None while none was heard.
    """

    codec: str
    mime: str
    width: int
    height: int
    audio: str | None = None


@dataclass(frozen=True, slots=True)
class Figures(stream.Figures):
    """What one stream has carried since it was opened, and who watches it.

    viewers: of the stream as it is, or transcoded.  transcoding: H.265 is made H.264 for some.
    relays: other platforms to which it is sent on.
    strangers: times that it came from another host than the answer named.
    refused: what was kept out: datagrams, of other hosts or for want of room; connections of other
    hosts.
    source: ``host:port`` that sends; empty before the first packet.
    """

    viewers: int = 0
    transcoding: bool = False
    relays: int = 0
    strangers: int = 0
    refused: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class FirstMedia:
    """The first key frame came: the stream can be shown."""

    stream: str
    track: Track


@dataclass(frozen=True, slots=True)
class Stalled:
    """Nothing usable came in time.  The stream stays open until it is closed.

    stage: ``"connect"`` (TCP), ``"media"``.  timer: ``"connect"``, ``"first media"``,
    ``"silence"``.  packets: seen so far; more than 0 at ``"first media"`` means that
    something came which shows no picture.
    """

    stream: str
    stage: str
    timer: str
    packets: int


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """The TCP connection of the media ended, and was not made again in time.

    The peer that connects should try again, 1 s or more apart, three times or more; so do we.
    Source: GB/T 28181-2022 D.1.
    """

    stream: str


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The engine itself lost the stream; it is closed and its port is free."""

    stream: str
    error: Error


@dataclass(frozen=True, slots=True)
class LineLost:
    """A talk's way to its listener broke, and was not made again in time.

    The talk stays open, and silent, until it is closed.
    """

    stream: str
    error: Error


@dataclass(frozen=True, slots=True)
class ReaderJoined:
    """A viewer, or who talks, used its ticket."""

    stream: str
    ticket: str


@dataclass(frozen=True, slots=True)
class ReaderLeft:
    """A viewer went away.

    seconds: since it joined.  bytes: sent to it; None when that died with its worker.
    why: ``"left"``, ``"closed"`` (the stream), or the code that ended the stream or was given to
    ``revoke``.
    """

    stream: str
    ticket: str
    seconds: float
    bytes: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a stream, every five seconds while it is open."""

    stream: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """Somebody waits for a key frame of a stream: told once a second while that is so."""

    stream: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """How far footage has come, once a second.

    at: moment that its newest picture shows, UNIX time, s; None before the first.
    lead: s that viewers have in store.  rate: seconds of the recording in one of the viewer's.
    pace: what the sender makes of the speed, see ``tongshi.media.pace.Pace``.
    frames, keys: pictures that came.  written: bytes of its file; saved: moment up to which whole
    groups of pictures are in it.  doubtful: pictures of it may be missing or stand twice where it
    was resumed.
    """

    stream: str
    at: float | None
    lead: float
    rate: float
    pace: str
    frames: int
    keys: int
    written: int = 0
    saved: float | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class FileFailed:
    """The file of footage cannot be written; what is in it stays."""

    stream: str
    error: Error


EngineEvent = (
    FirstMedia
    | Stalled
    | PeerClosed
    | StreamLost
    | ReaderJoined
    | ReaderLeft
    | Measured
    | KeyWanted
    | Advanced
    | FileFailed
    | LineLost
)


@dataclass(frozen=True, slots=True)
class Speak:
    """A talk to be opened: a person's voice, G.711A, to one listener.

    talk: the caller's name for it, unique in this engine, among its streams too.
    transport: how RTP goes out.  TCP_PASSIVE: the listener connects to us.
    hosts: who may connect, or send sound; empty lets everybody.
    payload_type: under which the listener knows its G.711.  mu_law: it is of that law; speech comes
    to us in A-law.  hears: its sound goes to who talks.
    """

    talk: str
    transport: Transport
    hosts: tuple[str, ...] = ()
    payload_type: int = 8
    hears: bool = False
    mu_law: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a talk has carried.

    packets, bytes: of RTP sent; bytes of its payload.  dropped: packets that the listener was too
    slow for, or that could not be sent.  voice: s of speech sent; silence: s of silence put in its
    place.  late: s of speech left out because it came too late.  gaps: times that speech ran dry.
    heard: packets from the listener.  refused: connections of strangers.
    delay_p50_ms, delay_p95_ms: from the arrival of a sample here to its leaving; None before any.
    """

    packets: int = 0
    bytes: int = 0
    dropped: int = 0
    voice: float = 0.0
    silence: float = 0.0
    late: float = 0.0
    gaps: int = 0
    heard: int = 0
    refused: int = 0
    delay_p50_ms: int | None = None
    delay_p95_ms: int | None = None


class Talks(Protocol):
    """The talks of an engine.  Unknown talks raise Missing."""

    async def open(self, speak: Speak) -> int:
        """Return the local port of the talk's RTP, leased until ``close``.

        For TCP_PASSIVE the listener may connect from now on.
        Raises Conflict when it is open, Exhausted when no port or place is left.
        """

    async def start(
        self, talk: str, host: str, port: int, ssrc: int, *, follow: bool = False
    ) -> None:
        """Send to *host* and *port* from now on: what is said, and silence while nothing is.

        For TCP_PASSIVE both are ignored: wait until the listener has connected.
        follow: over UDP, send to whichever port the listener's own packets come from.
        Raises PeerSilent or EngineFailed(stage="connect") when there is no connection.
        Source: GB/T 28181-2022 9.12.1, D.1.
        """

    async def admit(
        self, talk: str, ticket: str, *, expires_s: float, bond: Bond = ANYBODY
    ) -> None:
        """Allow one person to open ``/talk/<ticket>`` once, within *expires_s* from now."""

    async def close(self, talk: str, code: str = "", stage: str = "") -> Spoken:
        """Close the talk, who talks, the way to the listener; free its port.

        A talk that is not open has carried nothing.  code, stage: told to who talks.
        """

    async def figures(self, talk: str) -> Spoken:
        """Return what the talk has carried at this moment."""


class Engine(Protocol):
    """Receives, shows and relays streams.  Unknown streams raise Missing."""

    @property
    def talks(self) -> Talks:
        """What goes the other way: voices."""

    async def start(self) -> None:
        """Listen for viewers; raises EngineFailed when it cannot."""

    async def stop(self) -> None:
        """Close everything: streams, viewers, relays, processes, sockets."""

    def subscribe(self, listener: Callable[[EngineEvent], None]) -> None:
        """Tell *listener* every event from now on, in this loop."""

    async def open(self, receive: Receive) -> int:
        """Return the local port on which the stream is awaited, leased until ``close``.

        For TCP_ACTIVE it is a port to name in the offer: nothing listens there.
        Raises Conflict when the stream is open, Exhausted when no port or place is left.
        """

    async def adopt(
        self, stream: str, ssrc: int | None, payload_types: PayloadTypes, host: str = ""
    ) -> None:
        """Take over what the answer said; start the timers of the first media, if it comes to us.

        host: where the answer says that media comes from, and nobody else's is taken then; empty
        when it cannot be trusted.
        """

    async def connect(self, stream: str, host: str, port: int) -> None:
        """Connect a TCP_ACTIVE stream to its sender, then start the timers of the first media.

        At least three attempts, 1 s apart, within the connect time-out of the settings.
        Raises PeerSilent (nobody answers) or EngineFailed(stage="connect") (refused).
        Source: GB/T 28181-2022 D.1.
        """

    async def close(self, stream: str, code: str = "", stage: str = "") -> Figures:
        """Close the stream, its viewers and relays; free its port; return its last figures.

        A stream that is not open has none, and gives empty figures.
        code, stage: told to the viewers as the reason; empty for an ordinary end.
        """

    async def steer(self, stream: str, turn: Turn, value: float | None = None) -> None:
        """Tell what the sender of footage was asked to do; a live stream raises Conflict."""

    async def admit(
        self,
        stream: str,
        ticket: str,
        *,
        expires_s: float,
        transcode: bool = False,
        silent: bool = False,
        bond: Bond = ANYBODY,
    ) -> None:
        """Allow one viewer to open ``/play/<ticket>`` once, within *expires_s* from now.

        bond: whom it is for.
        transcode: this viewer cannot show H.265; it gets H.264, made here when needed.
        silent: this viewer gets no sound.
        """

    async def revoke(self, ticket: str, code: str) -> None:
        """Withdraw a ticket, and end its viewer with *code* if it has joined.  Idempotent."""

    async def snapshot(self, stream: str) -> bytes:
        """Return the last key frame as JPEG.

        Raises Missing before the first key frame, EngineFailed(stage="decode"), Exhausted.
        """

    async def relay(
        self,
        stream: str,
        host: str,
        port: int,
        ssrc: int,
        transport: Transport = Transport.UDP,
    ) -> str:
        """Send the stream on as it comes, under *ssrc* and with a sequence of its own.

        Returns the relay's id.  Raises PeerSilent or EngineFailed(stage="connect") over TCP.
        """

    async def unrelay(self, relay: str) -> None:
        """Stop a relay.  Idempotent."""

    async def figures(self, stream: str) -> Figures:
        """Return the figures of the stream at this moment."""

    def viewer_port(self, stream: str) -> int:
        """Return the TCP port at which viewers of *stream* open their WebSocket."""

    def leased_ports(self) -> int:
        """Return how many media ports are leased now."""
