"""Which notices a page is told: those about cameras that its person may know of, with the right.

The answer for a camera is asked of the store once and remembered until grants change, for a minute
at the most; so a notice about what is not to be seen costs nothing but its first look-up.
"""

import asyncio
from collections.abc import Mapping

from tongshi.access.grant import Right
from tongshi.access.granting.service import Rights
from tongshi.access.identity import Person
from tongshi.access.permission import Permission
from tongshi.api.feed import Notice

MOST = 20_000
"""Answers that are remembered at the most."""
P = Permission
TOPICS: Mapping[str, tuple[Permission, Right]] = {
    "device": (P.SEE_DEVICES, Right.SEE),
    "described": (P.SEE_DEVICES, Right.SEE),
    "catalog": (P.SEE_DEVICES, Right.SEE),
    "stream": (P.SEE_DEVICES, Right.SEE),
    "subscription": (P.SEE_DEVICES, Right.SEE),
    "fault": (P.SEE_DEVICES, Right.SEE),
    "video": (P.SEE_DEVICES, Right.SEE),
    "ptz": (P.SEE_DEVICES, Right.SEE),
    "refused": (P.SEE_DEVICES, Right.SEE),
    "notice": (P.SEE_DEVICES, Right.SEE),
    "position": (P.SEE_DEVICES, Right.SEE),
    "look": (P.READ_ACCESS_REGISTER, Right.SEE),
    "alarm": (P.SEE_ALARMS, Right.ALARMS),
    "picture": (P.SEE_LIVE, Right.SNAPSHOT),
    "download": (P.DOWNLOAD, Right.DOWNLOAD),
    "upgrade": (P.CONFIGURE_DEVICES, Right.CONFIGURE),
}
"""What a person needs to be told of a topic; nobody is told of one that is not here."""

Key = tuple[str, str]


class Sight:
    """What one page of one person is told.  Used from the node's loop."""

    def __init__(self, rights: Rights, person: Person) -> None:
        self._rights = rights
        self._person = person
        self._stamp = rights.stamp()
        self._known: dict[tuple[Right, Key], bool] = {}

    def sees(self, notice: Notice) -> bool | None:
        """Say whether the page is told of *notice*; None while that is not known."""
        permission, right = TOPICS.get(notice.topic, (None, Right.SEE))
        if permission is None or not self._person.may(permission):
            return False
        self._freshen()
        return self._known.get((right, key_of(notice)))

    async def sift(self, notices: list[Notice]) -> list[Notice]:
        """Return those of *notices* of which the page is told."""
        unknown: dict[Right, set[Key]] = {}
        for notice in notices:
            if is_about_camera(notice) and self.sees(notice) is None:
                unknown.setdefault(TOPICS[notice.topic][1], set()).add(key_of(notice))
        for right, keys in unknown.items():
            seen = await asyncio.to_thread(self._rights.seen, self._person, right, keys)
            if len(self._known) > MOST:
                self._known.clear()
            self._known |= {(right, key): key in seen for key in keys}
        return [one for one in notices if not is_about_camera(one) or self._told(one)]

    def _told(self, notice: Notice) -> bool:
        permission, right = TOPICS.get(notice.topic, (None, Right.SEE))
        if permission is None or not self._person.may(permission):
            return False
        return self._known.get((right, key_of(notice)), False)

    def _freshen(self) -> None:
        stamp = self._rights.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self._known.clear()


def is_about_camera(notice: Notice) -> bool:
    """Say whether *notice* is about a device, and not for certain people or for every page."""
    return notice.people is None and bool(notice.device_id)


def key_of(notice: Notice) -> Key:
    """Return device and channel that *notice* is about; no channel for the device itself."""
    channel = notice.body.get("channel")
    return notice.device_id, channel if isinstance(channel, str) else ""
