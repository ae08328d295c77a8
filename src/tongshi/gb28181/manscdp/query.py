"""Queries: what a platform asks of a device or of a platform below.

Source: GB/T 28181-2022 A.2.4.
"""

from dataclasses import dataclass

from tongshi.gb28181.element import Element, tag
from tongshi.gb28181.manscdp.types import Envelope


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """Asks for a node and what is below it."""

    sn: int
    device_id: str
    start_time: str = ""
    """With end_time: only nodes added between; ``2024-05-06T07:08:09``, Beijing time."""
    end_time: str = ""
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfoQuery:
    """Asks who made a device."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceStatusQuery:
    """Asks how a device is."""

    sn: int
    device_id: str
    others: tuple[Element, ...] = ()


_TIMES = frozenset({"starttime", "endtime"})
_NOTHING: frozenset[str] = frozenset()


def read_catalog(envelope: Envelope) -> CatalogQuery:
    """Return the catalog query in *envelope*."""
    return CatalogQuery(
        envelope.sn,
        envelope.device_id,
        envelope.text("starttime"),
        envelope.text("endtime"),
        envelope.rest(_TIMES),
    )


def read_device_info(envelope: Envelope) -> DeviceInfoQuery:
    """Return the DeviceInfo query in *envelope*."""
    return DeviceInfoQuery(envelope.sn, envelope.device_id, envelope.rest(_NOTHING))


def read_device_status(envelope: Envelope) -> DeviceStatusQuery:
    """Return the DeviceStatus query in *envelope*."""
    return DeviceStatusQuery(envelope.sn, envelope.device_id, envelope.rest(_NOTHING))


def catalog_lines(query: CatalogQuery) -> list[str]:
    """Return the elements of *query* after its envelope."""
    return [tag("StartTime", query.start_time), tag("EndTime", query.end_time)]
