"""The deviations to heed for one peer, as one table of fields.

What can be told safely from what a peer sends is a rule where it belongs (the codec repairs XML,
an answer's SSRC counts, an address follows the packets) and has no field here.  What cannot be told
is a field: its default is what the standard, or the settings, say; a preset by maker or a person
says otherwise.  ``None`` is "as the settings say" throughout.

Each field's metadata name the row it answers, as ``10.5``: the tables of ``docs/design/peers.md``;
its kind, choices and bounds, from which it is read, written and shown.

Sources: GB/T 28181-2022 9.1, 9.3, 9.12, annexes A, B, G, I, L; the field, per row.
"""

from dataclasses import dataclass, field, fields
from enum import Enum

from tongshi.gb28181.description import StreamStyle
from tongshi.gb28181.version import Version


class Charset(Enum):
    """How bodies are written; reading never believes what a body declares."""

    BY_EDITION = "by-edition"
    """GB18030 bytes, declared as GB18030 to 2022 and as GB2312 to older ones."""
    GB2312 = "gb2312"
    GB18030 = "gb18030"
    UTF_8 = "utf-8"


class MediaTransport(Enum):
    """How a device is asked for media; the values are those of ``media.transport``."""

    UDP = "udp"
    TCP_PASSIVE = "tcp-passive"
    TCP_ACTIVE = "tcp-active"


class ScaleFormat(Enum):
    """How a speed is written in MANSRTSP; some answer 400 to a form that others need."""

    DECIMAL = "2.0"
    INTEGER = "2"
    SIX = "2.000000"


class KeyFrame(Enum):
    """How the request for a key frame is spelled."""

    BY_EDITION = "by-edition"
    """``IFrameCmd`` to 2022, ``IFameCmd`` to older ones."""
    IFAMECMD = "IFameCmd"
    IFRAMECMD = "IFrameCmd"
    NEVER = "never"
    """The platform asks for none of its own accord."""


class BroadcastSource(Enum):
    """Whose id stands in ``SourceID`` of a broadcast."""

    PLATFORM = "platform"
    VOICE = "voice"
    """A voice input, type 136, in the platform's own domain."""


class BroadcastTarget(Enum):
    """Whose id stands in ``TargetID`` of a broadcast."""

    OUTPUT = "output"
    """The voice output, type 137, that the catalog lists; the device where it lists none."""
    CHANNEL = "channel"
    DEVICE = "device"


class Kind(Enum):
    """What the values of a field are."""

    FLAG = "flag"
    NUMBER = "number"
    CHOICE = "choice"
    LIST = "list"


def _row(
    row: str,
    kind: Kind = Kind.FLAG,
    choices: tuple[str, ...] = (),
    *,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, object]:
    """Return a field's metadata: the row of the quirk tables it answers, kind, choices, bounds."""
    return {"row": row, "kind": kind, "choices": choices, "low": low, "high": high}


def _choices(kind: type[Enum]) -> tuple[str, ...]:
    return tuple(str(choice.value) for choice in kind)


_EDITIONS = tuple(str(version) for version in Version)
_STYLES = tuple(style.value or "none" for style in StreamStyle)
_C, _N = Kind.CHOICE, Kind.NUMBER
_ENCODINGS = ("PS", "H264", "H265", "MPEG4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What to do differently for one peer.

    Registration:
    version: edition to speak, whatever ``X-GB-Ver`` says.
    algorithm: ``"MD5"`` or ``"SHA-256"`` in the challenge.  qop: ask for ``qop="auth"``.
    send_date: tell the time in the 200 to REGISTER.
    roam: a keepalive from another host moves the device there.
    revive: a keepalive counts without a valid registration.

    Messages:
    charset: how bodies are written.
    message_timeout: s for the answer to a MESSAGE.  answer_timeout: s for the first part of what a
    query asked for.  part_gap: s of silence after which an answer in parts has ended.

    Queries and notices:
    ask_info, ask_catalog: ask a device that comes online for DeviceInfo, for its catalog.
    pseudo_channel: one that never answers Catalog counts as its own only channel.
    record_type_all: record queries say ``<Type>all</Type>``.  record_days: they ask day by day.
    subscribe: subscriptions are sent.  status_notify: ON, OFF, VLOST, DEFECT it notifies count.

    Media:
    transport: how it is asked for media.  invite_timeout: s for the answer to an INVITE.
    owner_is_channel: ``o=`` of an offer holds the channel's id, not ours.
    stream_style: the line that asks for a sub stream; None for the one of its edition.
    payloads: encoding names offered, in order, of ``PS``, ``H264``, ``H265``, ``MPEG4``.
    offer_ssrc: offers have ``y=``.  heed_ssrc: ``y=`` of an answer counts.
    download_digit: first digit of ``y=`` for downloads.
    scale_format: how a speed is written.

    Control, pictures and talk:
    upload_anywhere: pictures count from another host than the device's, as behind some NATs.
    config_to_device: DeviceConfig is addressed to the device, not to the channel.
    key_frame: spelling of the request for a key frame.
    broadcast_source, broadcast_target: ids in the Broadcast notice.
    talk_by_invite: two-way talk is one INVITE with ``s=Talk``.
    """

    version: Version | None = field(default=None, metadata=_row("9.2", _C, _EDITIONS))
    algorithm: str | None = field(default=None, metadata=_row("10.1", _C, ("MD5", "SHA-256")))
    qop: bool | None = field(default=None, metadata=_row("10.1"))
    send_date: bool | None = field(default=None, metadata=_row("10.1"))
    roam: bool | None = field(default=None, metadata=_row("10.1"))
    revive: bool | None = field(default=None, metadata=_row("10.1"))
    charset: Charset = field(
        default=Charset.BY_EDITION, metadata=_row("10.2", _C, _choices(Charset))
    )
    message_timeout: float | None = field(default=None, metadata=_row("10.8", _N, low=0.5, high=64))
    answer_timeout: float | None = field(default=None, metadata=_row("10.8", _N, low=1, high=600))
    part_gap: float | None = field(default=None, metadata=_row("10.3", _N, low=0.5, high=60))
    ask_info: bool = field(default=True, metadata=_row("10.3"))
    ask_catalog: bool = field(default=True, metadata=_row("10.3"))
    pseudo_channel: bool = field(default=True, metadata=_row("10.3"))
    record_type_all: bool = field(default=False, metadata=_row("10.5"))
    record_days: bool = field(default=True, metadata=_row("10.8"))
    subscribe: bool = field(default=True, metadata=_row("5.1"))
    status_notify: bool = field(default=True, metadata=_row("5.3"))
    transport: MediaTransport | None = field(
        default=None, metadata=_row("10.4", _C, _choices(MediaTransport))
    )
    invite_timeout: float | None = field(default=None, metadata=_row("10.5", _N, low=1, high=64))
    owner_is_channel: bool = field(default=False, metadata=_row("6.2"))
    stream_style: StreamStyle | None = field(default=None, metadata=_row("10.5", _C, _STYLES))
    payloads: tuple[str, ...] = field(
        default=("PS", "H264", "H265"), metadata=_row("10.5", Kind.LIST, _ENCODINGS)
    )
    offer_ssrc: bool = field(default=True, metadata=_row("10.5"))
    heed_ssrc: bool = field(default=True, metadata=_row("10.6"))
    download_digit: int = field(default=1, metadata=_row("6.2", _N, low=0, high=9))
    scale_format: ScaleFormat = field(
        default=ScaleFormat.DECIMAL, metadata=_row("10.8", _C, _choices(ScaleFormat))
    )
    upload_anywhere: bool = field(default=False, metadata=_row("9.14"))
    config_to_device: bool = field(default=False, metadata=_row("3.4"))
    key_frame: KeyFrame = field(
        default=KeyFrame.BY_EDITION, metadata=_row("3.4", _C, _choices(KeyFrame))
    )
    broadcast_source: BroadcastSource = field(
        default=BroadcastSource.PLATFORM, metadata=_row("6.8", _C, _choices(BroadcastSource))
    )
    broadcast_target: BroadcastTarget = field(
        default=BroadcastTarget.OUTPUT, metadata=_row("6.8", _C, _choices(BroadcastTarget))
    )
    talk_by_invite: bool = field(default=False, metadata=_row("6.9"))

    def speaks(self, told: Version) -> Version:
        """Return the edition to speak with a peer that *told* one."""
        return self.version or told


STANDARD = Profile()
"""A peer that does as the standard says."""

FIELDS = {item.name: item for item in fields(Profile)}
"""Every field by name, in order."""
