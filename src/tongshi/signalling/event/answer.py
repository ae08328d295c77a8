"""What is told of devices that were asked: how they describe themselves, what they have."""

from dataclasses import dataclass

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp.response import DeviceInfoAnswer, DeviceStatusAnswer


@dataclass(frozen=True, slots=True)
class DeviceDescribed:
    """A device answered DeviceInfo."""

    device_id: str
    answer: DeviceInfoAnswer
    at: float


@dataclass(frozen=True, slots=True)
class DeviceStated:
    """A device answered DeviceStatus."""

    device_id: str
    answer: DeviceStatusAnswer
    at: float


@dataclass(frozen=True, slots=True)
class CatalogGathered:
    """A catalog query ended: complete, or partial with the reason in ``gathered.why``.

    Nobody may conclude from a partial one that a channel is gone.
    """

    device_id: str
    gathered: Gathered[Item]
    at: float


@dataclass(frozen=True, slots=True)
class CatalogAbsent:
    """A device never answered Catalog, as often as it was asked: it may be its only channel."""

    device_id: str
    at: float


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """A device did not answer a query at all, or refused it.

    query: its CmdType, as ``"Catalog"``.  code: of the error tree.
    """

    device_id: str
    query: str
    code: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class ProfileChosen:
    """Another profile holds for a device than before.

    ground: what the preset was chosen by; told: the text that showed it.  by_hand: the fields that
    a person set.
    """

    device_id: str
    preset: str
    ground: str
    told: str
    by_hand: tuple[str, ...]
    at: float
