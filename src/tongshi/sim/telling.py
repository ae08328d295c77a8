"""What a device answers to queries, rightly and oddly: parts of answers, one after another.

Source: GB/T 28181-2022 9.5, 9.7, A.2.4, A.2.6 and annex M.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from tongshi.gb28181.date import read_date, write_time
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmQuery,
    CatalogQuery,
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceInfoQuery,
    DeviceStatusQuery,
    HomePosition,
    HomePositionAnswer,
    HomePositionQuery,
    Message,
    MobilePositionQuery,
    Outcome,
    Preset,
    PresetAnswer,
    PresetQuery,
    PtzPositionAnswer,
    PtzPositionQuery,
    Record,
    RecordInfoAnswer,
    RecordInfoQuery,
    SdCard,
    SdCardStatusAnswer,
    SdCardStatusQuery,
)
from tongshi.gb28181.manscdp.message import NAMES
from tongshi.gb28181.parts import TCP_ROOM
from tongshi.sim import configuration, listing
from tongshi.sim.archive import DAY_S, Kind, Span
from tongshi.sim.body import Part
from tongshi.sim.host import Host
from tongshi.sim.reporting import Reports

T = TypeVar("T")
_ITEM_ROOM = 600
"""Bytes of body for each item that a UDP message may hold."""
_AT_MOST = 100
"""Records and the like in a message over TCP."""
_KINDS = {kind.value: kind for kind in Kind}


def tell(host: Host, reports: Reports, query: Message, now: float) -> Iterator[Message]:
    """Yield the answer to *query*, part by part; nothing for what this device never answers."""
    answer = _ANSWERS.get(type(query))
    if answer is not None:
        yield from answer(host, query, now)
    elif isinstance(query, AlarmQuery):
        yield AlarmAnswer(query.sn, query.device_id, Outcome.OK)
        yield from reports.stored(query)
    elif isinstance(query, MobilePositionQuery):
        yield from reports.positions(query.sn, now)


def _catalog(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, CatalogQuery)
    if "no-catalog" in host.quirks:
        return
    most = host.join.items
    room = TCP_ROOM if host.reliable else _ITEM_ROOM * most
    platform = host.join.platform_id
    yield from listing.parts_of(
        host.body, query, host.quirks, host.version, room=room, most=most, platform=platform
    )


def _info(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, DeviceInfoQuery)
    yield listing.info_of(host.body, query)


def _status(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, DeviceStatusQuery)
    yield listing.status_of(host.body, query, host.wall())


def _records(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, RecordInfoQuery)
    quirks, wall = host.quirks, host.wall()
    start, end = read_date(query.start_time), read_date(query.end_time)
    if start is None or end is None:
        return
    if "records-day-only" in quirks and end - start > DAY_S:
        return
    kinds = tuple(Kind) if query.kind in ("", "all") else (_KINDS.get(query.kind),)
    part = host.body.part(query.device_id)
    wanted = [kind for kind in kinds if kind is not None]
    found = part.archive.find(start, end, wall, wanted) if part is not None else []
    if "records-need-all" in quirks and query.kind != "all":
        found = []
    records = (
        [_record_of(host, part, span) for span in found if _passes(span, query)] if part else []
    )
    if query.file_path:
        records = [record for record in records if query.file_path in record.file_path]
    if "records-twice" in quirks:
        records = [record for record in records for _ in range(2)]
    if "records-unsorted" in quirks:
        records = records[1::2] + records[::2]
    yield from _split(
        records,
        _most(host),
        lambda chosen: RecordInfoAnswer(
            query.sn,
            query.device_id,
            part.channel.name if part is not None else "",
            len(records),
            chosen,
            len(chosen),
        ),
    )


def _passes(span: Span, query: RecordInfoQuery) -> bool:
    """Whether the filters of 2022 let *span* through; what is secret is never asked in vain."""
    if query.stream_number is not None and query.stream_number != span.stream:
        return False
    if query.secrecy:
        return False
    alarms = any(query.alarm_methods) or any(query.alarm_types)
    return span.kind is Kind.ALARM or not alarms


def _record_of(host: Host, part: Part, span: Span) -> Record:
    channel = part.channel
    shot = channel.recorded
    return Record(
        device_id=channel.channel_id,
        name=channel.name,
        file_path=f"/record/{channel.channel_id}/{span.start}.ps",
        address=channel.address or "Address 1",
        start_time=write_time(span.start),
        end_time=write_time(span.end),
        secrecy=0,
        kind=span.kind.value,
        recorder_id=host.profile.device_id,
        size=(span.end - span.start) * shot.bitrate // 8,
        location=host.profile.device_id,
        stream_number=span.stream,
    )


def _config(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, ConfigDownloadQuery)
    for name in query.config_types:
        block = configuration.block_of(host, query.device_id, name)
        if block is not None:
            yield ConfigDownloadAnswer(query.sn, query.device_id, Outcome.OK, (block,))
        elif "config-silent" not in host.quirks:
            yield ConfigDownloadAnswer(query.sn, query.device_id, Outcome.ERROR)


def _presets(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, PresetQuery)
    part = host.body.part(query.device_id)
    spots = part.head.presets if part is not None and part.channel.turns else {}
    presets = [Preset(str(number), spot.name) for number, spot in sorted(spots.items())]
    told = None if "presets-no-sumnum" in host.quirks else len(presets)
    yield from _split(
        presets,
        _most(host) * 4,
        lambda chosen: PresetAnswer(query.sn, query.device_id, told, chosen, len(chosen)),
    )


def _home(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, HomePositionQuery)
    part = host.body.part(query.device_id)
    home = part.head.home if part is not None else None
    told = HomePosition(home.enabled, home.after, home.preset) if home is not None else None
    yield HomePositionAnswer(query.sn, query.device_id, told)


def _cruises(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, CruiseTrackListQuery)
    part = host.body.part(query.device_id)
    rounds = part.head.rounds if part is not None else {}
    tracks = [CruiseTrack(number, known.name) for number, known in sorted(rounds.items())]
    yield from _split(
        tracks,
        _most(host) * 4,
        lambda chosen: CruiseTrackListAnswer(
            query.sn, query.device_id, len(tracks), chosen, len(chosen)
        ),
    )


def _cruise(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, CruiseTrackQuery)
    part = host.body.part(query.device_id)
    known = part.head.rounds.get(query.number or 0) if part is not None else None
    if known is None:
        answer = CruiseTrackAnswer(query.sn, query.device_id, query.number, sum_num=0)
        yield replace(answer, result=Outcome.ERROR)
        return
    stops = [CruiseStop(point, known.stay, min(max(known.speed, 1), 15)) for point in known.points]
    name = known.name
    yield from _split(
        stops,
        _most(host) * 4,
        lambda chosen: CruiseTrackAnswer(
            query.sn, query.device_id, query.number, name, len(stops), chosen, len(chosen)
        ),
    )


def _position(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, PtzPositionQuery)
    part = host.body.part(query.device_id)
    answer = PtzPositionAnswer(query.sn, query.device_id)
    if part is None or not part.channel.turns or "ptz-position-error" in host.quirks:
        reason = "Cann't get ptz position"
        yield replace(answer, result=Outcome.ERROR, reason=reason)
        return
    aim = part.head.advance(now)
    yield replace(
        answer,
        pan=round(aim.pan, 2),
        tilt=round(aim.tilt, 2),
        zoom=round(aim.zoom, 2),
        horizontal_field_angle=round(aim.width, 2),
        vertical_field_angle=round(aim.height, 2),
        max_view_distance=round(80 * aim.zoom, 1),
    )


def _cards(host: Host, query: Message, now: float) -> Iterator[Message]:
    assert isinstance(query, SdCardStatusQuery)
    cards = []
    for card in host.body.cards:
        progress = card.progress(now)
        cards.append(
            SdCard(
                card.number,
                f"card {card.number}",
                "ok" if progress is None else "formatting",
                progress,
                card.capacity,
                card.free,
            )
        )
    yield SdCardStatusAnswer(query.sn, query.device_id, len(cards), tuple(cards), len(cards))


_Answer = Callable[[Host, Message, float], Iterator[Message]]
_ANSWERS: dict[type, _Answer] = {
    CatalogQuery: _catalog,
    DeviceInfoQuery: _info,
    DeviceStatusQuery: _status,
    RecordInfoQuery: _records,
    ConfigDownloadQuery: _config,
    PresetQuery: _presets,
    HomePositionQuery: _home,
    CruiseTrackListQuery: _cruises,
    CruiseTrackQuery: _cruise,
    PtzPositionQuery: _position,
    SdCardStatusQuery: _cards,
}
QUERIES: dict[type, str] = {
    kind: name
    for kind, (_, name) in NAMES.items()
    if kind in _ANSWERS or kind in (AlarmQuery, MobilePositionQuery)
}
"""The types of queries that a device answers, and their CmdType."""


def _most(host: Host) -> int:
    """Return how many items a message may hold."""
    return _AT_MOST if host.reliable else host.join.items


def _split(
    items: Sequence[T], most: int, build: Callable[[tuple[T, ...]], Message]
) -> Iterator[Message]:
    """Yield an answer for each *most* of *items*; one without any when there are none."""
    for at in range(0, max(len(items), 1), most):
        yield build(tuple(items[at : at + most]))
