"""Which deviations are heeded for each device, and why.

``Profiles.of`` is asked at each request that depends on it, and by the registrar at each REGISTER:
it looks up what the device shows of itself, and the profile for just that, which is made once.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.preset import Chosen, Evidence, choose
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.registration import Terms
from tongshi.gb28181.version import Version
from tongshi.signalling.event import ProfileChosen
from tongshi.signalling.neighbours import Neighbours

_REMEMBERED = 4096
"""Choices kept at the most: makers, models and editions are few, but peers may say anything."""
_DEVICES = 200_000
"""Devices whose maker is kept at the most, the one that told it longest ago goes first: each is
asked again when it registers."""
_LONGEST = 128
"""Signs of a User-Agent that count."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Profiles:
    """The profile of each device.

    fields_of: what a person set, as text by field.  makers: DeviceInfo's Manufacturer by device,
    as far as it was known before.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        fields_of: Callable[[str], Mapping[str, str]] = lambda device_id: _NOTHING,
        makers: Mapping[str, str] | None = None,
    ) -> None:
        self._neighbours = neighbours
        self.fields_of = fields_of
        self._words: dict[str, str] = {}
        self._makers: OrderedDict[str, str] = OrderedDict()
        self._catalog_makers: OrderedDict[str, str] = OrderedDict()
        for device_id, maker in (makers or {}).items():
            self._note(self._makers, device_id, maker)
        self._choices: dict[tuple[str, str, str, Version], Chosen] = {}

    def of(self, device_id: str) -> Profile:
        """Return the deviations to heed for *device_id*; a stranger has none."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            return self.chosen(device_id).profile if self.fields_of(device_id) else STANDARD
        profile = neighbour.profile
        if profile is None:
            profile = neighbour.profile = self.chosen(device_id).profile
        return profile

    def chosen(self, device_id: str) -> Chosen:
        """Return the profile of *device_id* and why it is this one."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is None:
            return self._choose(device_id, "", Version.V2016)
        return self._choose(device_id, neighbour.user_agent, neighbour.told)

    def editions(self, device_id: str) -> tuple[Version, Version] | None:
        """Return the edition that a device told and the one spoken to it; None for a stranger."""
        neighbour = self._neighbours.get(device_id)
        return None if neighbour is None else (neighbour.told, neighbour.version)

    def terms(self, usual: Terms) -> Callable[[str, str], Terms]:
        """Return what the registrar asks of a device, by its id and the User-Agent it names."""
        made: dict[tuple[str | None, bool | None, bool | None], Terms] = {}

        def of(device_id: str, user_agent: str) -> Terms:
            user_agent = user_agent[:_LONGEST]  # of strangers, who may write anything
            if self._neighbours.get(device_id) is None:
                profile = self._choose(device_id, user_agent, Version.V2016).profile
            else:
                profile = self.of(device_id)
            if profile is STANDARD:
                return usual
            key = (profile.algorithm, profile.qop, profile.send_date)
            terms = made.get(key)
            if terms is None:
                terms = made[key] = _terms(usual, profile)
            return terms

        return of

    def described(self, device_id: str, maker: str, at: float) -> ProfileChosen | None:
        """Take DeviceInfo's Manufacturer; return the event when the profile changed by it."""
        before = self.chosen(device_id)
        if maker:
            self._note(self._makers, device_id, maker)
        return self._told(device_id, before, at)

    def listed(self, device_id: str, items: tuple[Item, ...], at: float) -> ProfileChosen | None:
        """Take a catalog: the Manufacturer of most channels; return the event of a change."""
        before = self.chosen(device_id)
        makers = Counter(item.manufacturer for item in items if item.manufacturer)
        if makers:
            self._note(self._catalog_makers, device_id, makers.most_common(1)[0][0])
        return self._told(device_id, before, at)

    def set(self, device_id: str, at: float) -> ProfileChosen:
        """Take notice that a person set the profile of *device_id*; return the event that tells."""
        neighbour = self._neighbours.get(device_id)
        if neighbour is not None:
            neighbour.profile = None
            neighbour.version = self.of(device_id).speaks(neighbour.told)
        return _event(device_id, self.chosen(device_id), at)

    def forget(self, device_id: str) -> None:
        """Forget what *device_id* showed of itself.  Hang it into `Neighbours.forgotten`."""
        self._makers.pop(device_id, None)
        self._catalog_makers.pop(device_id, None)
        self._renew(device_id)

    def _choose(self, device_id: str, user_agent: str, version: Version) -> Chosen:
        maker = self._makers.get(device_id, "")
        catalog_maker = self._catalog_makers.get(device_id, "")
        hand = self.fields_of(device_id)
        if hand:
            return choose(Evidence(user_agent, maker, catalog_maker, version), hand)
        key = (user_agent, maker, catalog_maker, version)
        found = self._choices.get(key)
        if found is None:
            if len(self._choices) >= _REMEMBERED:
                self._choices.clear()
            found = self._choices[key] = choose(Evidence(*key), hand)
        return found

    def _told(self, device_id: str, before: Chosen, at: float) -> ProfileChosen | None:
        self._renew(device_id)
        chosen = self.chosen(device_id)
        return None if chosen.profile == before.profile else _event(device_id, chosen, at)

    def _renew(self, device_id: str) -> None:
        neighbour = self._neighbours.get(device_id)
        if neighbour is not None:
            neighbour.profile = None

    def _note(self, makers: OrderedDict[str, str], device_id: str, maker: str) -> None:
        makers[device_id] = self._word(maker)
        makers.move_to_end(device_id)
        if len(makers) > _DEVICES:
            makers.popitem(last=False)

    def _word(self, text: str) -> str:
        """Return *text*, cut, and shared with the other devices that say the same."""
        text = text[:64]
        if len(self._words) >= _REMEMBERED:
            return self._words.get(text, text)
        return self._words.setdefault(text, text)


def _event(device_id: str, chosen: Chosen, at: float) -> ProfileChosen:
    return ProfileChosen(
        device_id, chosen.preset, chosen.ground.value, chosen.told, chosen.by_hand, at
    )


def _terms(usual: Terms, profile: Profile) -> Terms:
    return replace(
        usual,
        algorithm=usual.algorithm if profile.algorithm is None else profile.algorithm,
        qop=usual.qop if profile.qop is None else profile.qop,
        send_date=usual.send_date if profile.send_date is None else profile.send_date,
    )
