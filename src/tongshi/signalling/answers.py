"""Everything that somebody may wait for, and how the lists among it are read.

Source: GB/T 28181-2022 A.2.6, annex M.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tongshi.errors import PeerRefused
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Part, catalog_key
from tongshi.gb28181.manscdp.answer import (
    AlarmAnswer,
    BroadcastAnswer,
    ConfigDownloadAnswer,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    DeviceConfigAnswer,
    DeviceControlAnswer,
    HomePositionAnswer,
    Preset,
    PresetAnswer,
    PtzPositionAnswer,
    Record,
    RecordInfoAnswer,
    SdCard,
    SdCardStatusAnswer,
)
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
)
from tongshi.gb28181.manscdp.types import Outcome

Answer = (
    CatalogAnswer
    | RecordInfoAnswer
    | DeviceInfoAnswer
    | DeviceStatusAnswer
    | DeviceControlAnswer
    | DeviceConfigAnswer
    | ConfigDownloadAnswer
    | PresetAnswer
    | HomePositionAnswer
    | CruiseTrackListAnswer
    | CruiseTrackAnswer
    | PtzPositionAnswer
    | SdCardStatusAnswer
    | AlarmAnswer
    | BroadcastAnswer
)
"""Everything that somebody may wait for."""
A = TypeVar("A", bound=Answer)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[A, T]):
    """How a list in parts is read.

    kind: of its messages.  part: returns one as a part.  key: tells its items apart.
    uncounted: an edition writes it without a total.  twins: it may have equal items.
    limit: items kept at the most.
    """

    kind: type[A]
    part: Callable[[A], Part[T]]
    key: Callable[[T], Hashable]
    uncounted: bool = False
    twins: bool = False
    limit: int = 200_000


CATALOG: Listing[CatalogAnswer, Item] = Listing(CatalogAnswer, lambda answer: answer, catalog_key)
RECORDS: Listing[RecordInfoAnswer, Record] = Listing(
    RecordInfoAnswer,
    lambda answer: answer,
    lambda record: (record.key, record.file_path, record.stream_number),
    twins=True,
    limit=20_000,
)
PRESETS: Listing[PresetAnswer, Preset] = Listing(
    PresetAnswer,
    lambda answer: answer,
    lambda preset: preset.preset_id,
    uncounted=True,
    limit=1024,
)
CRUISES: Listing[CruiseTrackListAnswer, CruiseTrack] = Listing(
    CruiseTrackListAnswer, lambda answer: answer, lambda track: track.number, limit=1024
)
CRUISE: Listing[CruiseTrackAnswer, CruiseStop] = Listing(
    CruiseTrackAnswer,
    lambda answer: answer,
    lambda point: (point.preset_index, point.stay, point.speed),
    twins=True,
    limit=1024,
)
"""A cruise may come to one preset several times."""
CARDS: Listing[SdCardStatusAnswer, SdCard] = Listing(
    SdCardStatusAnswer, lambda answer: answer, lambda card: card.card_id, limit=64
)


def refusal(answer: Answer) -> PeerRefused | None:
    """Return the error that *answer* is when it says ERROR; its status is 0."""
    if getattr(answer, "result", None) is not Outcome.ERROR:
        return None
    name = type(answer).__name__.removesuffix("Answer")
    reason = str(getattr(answer, "reason", ""))[:200]
    text = f"the device answered {name} with ERROR{f': {reason}' if reason else ''}"
    return PeerRefused(text, status=0, stage="answer")
