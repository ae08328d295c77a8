"""What signalling tells the parts above it: values, handed to each subscriber in order.

Subscribers are called in the event loop and must return at once: they put work elsewhere.

========  ==================================================================================
presence  who is here: registrations, signs of life
answer    what devices that were asked say of themselves, and what holds for them
report    what devices tell by themselves: alarms, places, changes, what became of orders
session   live sessions, recordings, talks
========  ==================================================================================
"""

from tongshi.signalling.event.answer import (
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DeviceStated,
    ProfileChosen,
    QueryFailed,
)
from tongshi.signalling.event.presence import (
    BeatLearned,
    DevicePresence,
    DeviceRedirected,
    DeviceRegistered,
    DeviceRestarted,
    DevicesSeen,
    Presence,
    RegistrationRefused,
    Why,
)
from tongshi.signalling.event.report import (
    AlarmRaised,
    CatalogChanged,
    CommandRefused,
    PartsFaulty,
    PictureUploaded,
    PositionReported,
    PtzReported,
    SubscriptionChanged,
    UpgradeReported,
    VideoOffered,
)
from tongshi.signalling.event.session import (
    HistoryEnded,
    HistoryOpened,
    Kind,
    SessionClosed,
    SessionFailed,
    SessionKey,
    SessionOpened,
    TalkEnded,
    TalkFailed,
    TalkKey,
    TalkOpened,
)

SignallingEvent = (
    DeviceRegistered
    | RegistrationRefused
    | DevicePresence
    | DevicesSeen
    | DeviceDescribed
    | DeviceStated
    | CatalogGathered
    | QueryFailed
    | PartsFaulty
    | AlarmRaised
    | PositionReported
    | CatalogChanged
    | VideoOffered
    | PtzReported
    | SubscriptionChanged
    | ProfileChosen
    | BeatLearned
    | DeviceRedirected
    | DeviceRestarted
    | CatalogAbsent
    | SessionOpened
    | SessionFailed
    | SessionClosed
    | HistoryOpened
    | HistoryEnded
    | CommandRefused
    | PictureUploaded
    | UpgradeReported
    | TalkOpened
    | TalkFailed
    | TalkEnded
)

__all__ = [
    "AlarmRaised",
    "BeatLearned",
    "CatalogAbsent",
    "CatalogChanged",
    "CatalogGathered",
    "CommandRefused",
    "DeviceDescribed",
    "DevicePresence",
    "DeviceRedirected",
    "DeviceRegistered",
    "DeviceRestarted",
    "DeviceStated",
    "DevicesSeen",
    "HistoryEnded",
    "HistoryOpened",
    "Kind",
    "PartsFaulty",
    "PictureUploaded",
    "PositionReported",
    "Presence",
    "ProfileChosen",
    "PtzReported",
    "QueryFailed",
    "RegistrationRefused",
    "SessionClosed",
    "SessionFailed",
    "SessionKey",
    "SessionOpened",
    "SignallingEvent",
    "SubscriptionChanged",
    "TalkEnded",
    "TalkFailed",
    "TalkKey",
    "TalkOpened",
    "UpgradeReported",
    "VideoOffered",
    "Why",
]
