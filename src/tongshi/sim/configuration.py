"""What is configured on a device: what it begins with, and what a new setting does.

What is set is kept and told again.  Name, heartbeat and registration, recording plan and recording
on alarm take effect; of the others a picture without sensor has no use.

Source: GB/T 28181-2022 A.2.1.12 to A.2.1.24, A.2.3.2, A.2.6.9.
"""

from collections.abc import Callable
from dataclasses import fields, replace

from tongshi.gb28181.manscdp import (
    BLOCKS,
    AlarmReport,
    BasicParam,
    Block,
    DaySchedule,
    FrameMirror,
    OsdConfig,
    OsdText,
    PictureMask,
    SnapShotConfig,
    StreamAttribute,
    SvacDecodeConfig,
    SvacEncodeConfig,
    SvcDecodeParam,
    SvcEncodeParam,
    TimeSegment,
    VideoAlarmRecord,
    VideoParamAttribute,
    VideoParamOpt,
    VideoRecordPlan,
)
from tongshi.media.unit import Codec
from tongshi.sim.archive import DOWNLOAD_SPEEDS, Hours, Plan
from tongshi.sim.body import Part
from tongshi.sim.event import SnapshotWanted
from tongshi.sim.host import Host

DEVICE_BLOCKS = (BasicParam, AlarmReport)
"""What belongs to the device, whichever channel it is asked of."""
_BY_NAME: dict[str, type[Block]] = {kind.WIRE.lower(): kind for kind in BLOCKS}
_BY_NAME["snapshot"] = SnapShotConfig
_CODES = {Codec.H264: "2", Codec.H265: "5"}
_LIMITS = ((60, 604_800), (5, 3600), (1, 255))
"""Of Expiration, HeartBeatInterval and HeartBeatCount."""


def block_of(host: Host, target_id: str, name: str) -> Block | None:
    """Return the settings called *name* of *target_id*; None for a name that is not known."""
    kind = _BY_NAME.get(name.strip().lower())
    if kind is None:
        return None
    key = _key(host, target_id, kind)
    if kind is BasicParam:
        return _basic(host)
    known = host.body.blocks.get(key)
    return known if known is not None else _DEFAULTS[kind](host, host.body.part(key[0]))


def take(host: Host, target_id: str, block: Block, now: float) -> bool:
    """Set *block* for *target_id*; return whether that was possible."""
    if isinstance(block, VideoParamOpt):
        return False  # it is asked for and never set
    if isinstance(block, SnapShotConfig):
        return _order_pictures(host, target_id, block)
    if isinstance(block, BasicParam):
        return _set_basic(host, block, now)
    key = _key(host, target_id, type(block))
    part = host.body.part(key[0])
    known = host.body.blocks.get(key)
    host.body.blocks[key] = _merged(known, block) if known is not None else block
    if isinstance(block, VideoRecordPlan) and part is not None:
        part.archive.change(_plan_of(block), host.wall())
    return True


def _key(host: Host, target_id: str, kind: type[Block]) -> tuple[str, str]:
    """Return where settings of *kind* are kept: of the device, or of the channel that is meant."""
    part = host.body.part(target_id)
    if kind in DEVICE_BLOCKS or part is None:
        return host.profile.device_id, kind.WIRE
    return part.channel.channel_id, kind.WIRE


def _merged(known: Block, block: Block) -> Block:
    """Return *block* with what it leaves out taken from *known*."""
    named = [field.name for field in fields(known)]
    told = {name: getattr(block, name) for name in named if getattr(block, name) not in (None, "")}
    return replace(known, **told)


def _basic(host: Host) -> BasicParam:
    presence = host.presence
    return BasicParam(
        name=host.body.name,
        expiration=presence.home.expires,
        heart_beat_interval=round(presence.interval),
        heart_beat_count=presence.misses,
    )


def _set_basic(host: Host, block: BasicParam, now: float) -> bool:
    told = (block.expiration, block.heart_beat_interval, block.heart_beat_count)
    pairs = zip(told, _LIMITS, strict=True)
    if any(value is not None and not low <= value <= high for value, (low, high) in pairs):
        if "config-strict" in host.quirks:
            host.leave(now)
        return False
    presence = host.presence
    host.body.name = block.name or host.body.name
    if block.expiration is not None:
        presence.home = replace(presence.home, expires=block.expiration)
        presence.configure()
    presence.interval = float(block.heart_beat_interval or presence.interval)
    presence.misses = block.heart_beat_count or presence.misses
    presence.retune(now)
    return True


def _order_pictures(host: Host, target_id: str, order: SnapShotConfig) -> bool:
    part = host.body.part(target_id)
    if part is None or not order.upload_url or not order.snap_num:
        return False
    host.body.blocks[part.channel.channel_id, SnapShotConfig.WIRE] = order
    host.tell(SnapshotWanted(part.channel.channel_id, order))
    return True


def _plan_of(block: VideoRecordPlan) -> Plan:
    if not block.on:
        return Plan(hours=())
    week: list[tuple[Hours, ...]] = [()] * 7
    for day in block.days:
        if day.day is not None:
            week[day.day - 1] = tuple(_hours(segment) for segment in day.segments)
    return Plan(week=tuple(week))


def _hours(segment: TimeSegment) -> Hours:
    start = _seconds(segment.start_hour, segment.start_minute, segment.start_second)
    stop = _seconds(segment.stop_hour, segment.stop_minute, segment.stop_second)
    return Hours(min(start, stop), max(start, stop))


def _seconds(hour: int | None, minute: int | None, second: int | None) -> int:
    return min((hour or 0) * 3_600 + (minute or 0) * 60 + (second or 0), 86_400)


def _options(host: Host, part: Part | None) -> Block:
    return VideoParamOpt(download_speeds=DOWNLOAD_SPEEDS, resolutions=("5", "6"))


def _attributes(host: Host, part: Part | None) -> Block:
    if part is None:
        return VideoParamAttribute()
    streams = []
    for number in (0, 1):
        shot = part.channel.shot_of(number)
        streams.append(
            StreamAttribute(
                number,
                _CODES.get(shot.codec, "2"),
                f"{shot.width}x{shot.height}",
                str(shot.fps),
                "1",
                str(shot.bitrate // 1000),
            )
        )
    return VideoParamAttribute(tuple(streams))


def _plan(host: Host, part: Part | None) -> Block:
    plan = part.archive.plan if part is not None else Plan(hours=())
    segments = tuple(
        TimeSegment(*_clock(hours.start), *_clock(hours.end)) for hours in plan.hours[:8]
    )
    days = tuple(DaySchedule(day, segments) for day in range(1, 8)) if segments else ()
    return VideoRecordPlan(plan.hours != (), days, 0)


def _clock(second: int) -> tuple[int, int, int]:
    return second // 3_600, second // 60 % 60, second % 60


def _osd(host: Host, part: Part | None) -> Block:
    name = part.channel.name if part is not None else host.body.name
    return OsdConfig(704, 576, 16, 16, True, 0, True, (OsdText(name[:32], 16, 540),))


_DEFAULTS: dict[type[Block], Callable[[Host, Part | None], Block]] = {
    VideoParamOpt: _options,
    SvacEncodeConfig: lambda host, part: SvacEncodeConfig(svc=SvcEncodeParam(0, 0)),
    SvacDecodeConfig: lambda host, part: SvacDecodeConfig(svc=SvcDecodeParam(0)),
    VideoParamAttribute: _attributes,
    VideoRecordPlan: _plan,
    VideoAlarmRecord: lambda host, part: VideoAlarmRecord(True, 30, 10, 0),
    PictureMask: lambda host, part: PictureMask(False),
    FrameMirror: lambda host, part: FrameMirror(0),
    AlarmReport: lambda host, part: AlarmReport(True, True),
    OsdConfig: _osd,
    SnapShotConfig: lambda host, part: SnapShotConfig(1, 1),
}
