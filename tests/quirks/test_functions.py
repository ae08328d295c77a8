"""Each deviation in queries, control, configuration and notices, with and without its handling."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from itertools import chain, count
from typing import Any, TypeVar
from xml.etree.ElementTree import Element as Tree

import pytest

from tongshi.errors import Error, Invalid, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp import (
    BasicParam,
    DeviceUpgrade,
    DeviceUpgradeResult,
    FrameMirror,
    GuardCmd,
    KeyFrameCmd,
    Message,
    Outcome,
    PtzCmd,
    Record,
    blocks,
    message,
)
from tongshi.gb28181.profile import STANDARD
from tongshi.gb28181.records import Span
from tongshi.gb28181.subscription import EventName, Subject, Subscriber
from tongshi.gb28181.version import Version
from tongshi.signalling import answers, commands, records
from tongshi.signalling.commands import Commands, Fate
from tongshi.signalling.errands import Errands
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogChanged,
    CatalogGathered,
    CommandRefused,
    DevicePresence,
    PositionReported,
    Presence,
    UpgradeReported,
)
from tongshi.signalling.notices import Notices
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.records import Recordings
from tongshi.signalling.steering import Steering
from tongshi.signalling.subscribing import Subscribing
from tongshi.signalling.subscriptions import Subscriptions
from tongshi.signalling.tie import State
from tongshi.sim import configuration
from tongshi.sim.event import Controlled, KeyFrameWanted, UpgradeWanted
from tongshi.sim.head import Aim
from tongshi.sim.host import ignore
from tongshi.sim.profile import Channel
from tongshi.sip.message import Response
from tongshi.testing.unplugged import CAMERA, CHANNELS, PROFILE, Camera, Unplugged, visit

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]
E = TypeVar("E")
Work = Callable[[Unplugged, Camera], Coroutine[Any, Any, None]]

DAY = 86_400.0
CHANNEL = CHANNELS[0]
DOME = replace(
    PROFILE,
    channels=(
        Channel(CHANNEL, "西门", ptz_type=1, presets=(("东", Aim(90)), ("西", Aim(270)))),
        *PROFILE.channels[1:],
    ),
)
MODERN = replace(DOME, version=Version.V2022)
DRIVING = replace(
    PROFILE,
    mobile=True,
    channels=(replace(PROFILE.channels[0], longitude=121.5, latitude=31.2), *PROFILE.channels[1:]),
)


def doing(work: Work, *quirks: str, **given: Any) -> Callable[[], None]:
    """Return a scenario: *work* done with a dome that has *quirks*."""
    given.setdefault("profile", DOME)
    return lambda: visit(work, *quirks, **given)


def told(platform: Unplugged, kind: type[E]) -> list[E]:
    return [event for event in platform.heard if isinstance(event, kind)]


async def error_of(asking: Awaitable[object]) -> Error:
    """Return what *asking* raises."""
    try:
        result = await asking
    except Error as error:
        return error
    raise AssertionError(f"it came to {result}")


# Queries.


async def _recordings(platform: Unplugged, days: float = 1.0) -> Recordings:
    until = platform.clock.wall() - 3600
    return await platform.on_demand.records.find(CAMERA, CHANNEL, until - days * DAY, until)


async def records_come_in_order_and_once(platform: Unplugged, camera: Camera) -> None:
    found = await _recordings(platform)
    begins = [record.since or 0.0 for record in found.records]
    assert begins == sorted(set(begins))
    assert len(begins) > 20
    assert found.complete
    assert not found.gaps


async def days_are_found(platform: Unplugged, camera: Camera) -> None:
    found = await _recordings(platform, days=2.5)
    assert found.complete
    assert sum(span.length for span in found.footage) > 2 * DAY


def lists_are_laid_end_to_end(patch: Patch) -> None:
    patch.setattr(records, "merge", lambda lists: tuple(chain.from_iterable(lists)))


def one_query_for_all_days(patch: Patch) -> None:
    patch.setattr(records, "split_days", lambda since, until: (Span(since, until),))


def everybody_is_alike(patch: Patch) -> None:
    patch.setattr(Profiles, "of", lambda self, device_id: STANDARD)
    patch.setattr(Errands, "profile_of", lambda self, device_id: STANDARD)


def equal_records_are_two(patch: Patch) -> None:
    lists_are_laid_end_to_end(patch)
    number = count()

    def key(record: Record) -> object:
        return next(number)

    patch.setattr(records, "RECORDS", replace(answers.RECORDS, key=key))


async def presets_are_whole(platform: Unplugged, camera: Camera) -> None:
    found = await platform.commands.presets(CAMERA, CHANNEL)
    assert found.complete
    assert [preset.name for preset in found.items] == ["东", "西"]


def lists_have_a_total(patch: Patch) -> None:
    patch.setattr(commands, "PRESETS", replace(answers.PRESETS, uncounted=False))


async def the_home_position_is_told(platform: Unplugged, camera: Camera) -> None:
    found = await platform.commands.home(CAMERA, CHANNEL)
    assert found.device_id == CHANNEL


def names_of_commands_are_exact(patch: Patch) -> None:
    readers = message._READERS
    exact = {
        (root, name.lower()): readers[root, message._folded(name)]
        for root, name in message.NAMES.values()
    }
    patch.setattr(message, "_READERS", exact)
    patch.setattr(message, "_folded", str.lower)


async def settings_are_read(platform: Unplugged, camera: Camera) -> None:
    wanted = ["BasicParam", "OSDConfig", "VideoRecordPlan", "AlarmReport"]
    found = await platform.on_demand.configuration.read(CAMERA, CHANNEL, wanted)
    assert sorted(found.blocks) == sorted(wanted)


def blocks_have_their_names(patch: Patch) -> None:
    patch.setattr(blocks, "_guess", lambda tree: None)


def a_missing_type_is_named() -> None:
    """Let a device lack pictures' masks, and say nothing when asked for them."""

    async def ask(platform: Unplugged, camera: Camera) -> None:
        wanted = ["PictureMask", "FrameMirror"]
        found = await platform.on_demand.configuration.read(CAMERA, CHANNEL, wanted)
        assert list(found.blocks) == ["FrameMirror"]
        why = found.lacking["PictureMask"]
        assert isinstance(why, PeerSilent)
        assert why.stage == "answer"

    with pytest.MonkeyPatch.context() as lacking:
        lacking.delitem(configuration._BY_NAME, "picturemask")
        visit(ask, "config-silent", profile=MODERN)


def all_silence_is_refusal(patch: Patch) -> None:
    def refuse(text: str, *, timer: str, stage: str) -> PeerRefused:
        return PeerRefused(text, status=500, stage=stage)

    patch.setattr("tongshi.signalling.waiting.PeerSilent", refuse)
    patch.setattr("tongshi.signalling.configuration.PeerSilent", refuse)


async def a_reason_is_passed_on(platform: Unplugged, camera: Camera) -> None:
    error = await error_of(platform.commands.position(CAMERA, CHANNEL))
    assert isinstance(error, PeerRefused)
    assert "Cann't get ptz position" in str(error)


def errors_are_answers(patch: Patch) -> None:
    patch.setattr("tongshi.signalling.errands.refusal", lambda answer: None)


# Control and configuration.


async def settings_go_to_the_device(platform: Unplugged, camera: Camera) -> None:
    assert await platform.commands.configure(CAMERA, CHANNEL, FrameMirror(1)) is Fate.CONFIRMED


async def harmful_settings_are_never_sent(platform: Unplugged, camera: Camera) -> None:
    block = BasicParam(heart_beat_interval=100_000)
    assert isinstance(await error_of(platform.commands.configure(CAMERA, CHANNEL, block)), Invalid)
    await asyncio.sleep(30)
    assert [one.state for one in told(platform, DevicePresence)] == [Presence.ONLINE]


def settings_are_not_checked(patch: Patch) -> None:
    patch.setattr(commands, "require", lambda what, version: None)


async def the_camera_stops(platform: Unplugged, camera: Camera) -> None:
    await platform.commands.control(CAMERA, CHANNEL, PtzCmd(ptz.Move(pan=100)))
    await asyncio.sleep(1)
    await platform.commands.control(CAMERA, CHANNEL, PtzCmd(ptz.Stop()))
    await asyncio.sleep(2)
    part = camera.device.body.part(CHANNEL)
    assert part is not None
    before = part.head.advance(camera.clock.now())
    assert before != Aim()
    assert part.head.advance(camera.clock.now() + 5) == before


def one_stop_is_enough(patch: Patch) -> None:
    async def rest(self: Steering, helm: Any) -> None:
        helm.stopping = None

    patch.setattr(Steering, "_repeat", rest)


async def a_late_error_is_told(platform: Unplugged, camera: Camera) -> None:
    word = PtzCmd(ptz.Preset(ptz.PresetAct.CALL, 1))
    assert await platform.commands.control(CAMERA, CHANNEL, word) is Fate.DELIVERED
    await asyncio.sleep(2)
    assert [one.command for one in told(platform, CommandRefused)] == ["PtzCmd"]


def nobody_listens_afterwards(patch: Patch) -> None:
    async def leave(self: Commands, wait: Any, target: str, name: str) -> None:
        self._errands.end(wait)

    patch.setattr(Commands, "_listen", leave)


async def key_frames_are_made(platform: Unplugged, camera: Camera) -> None:
    await platform.commands.control(CAMERA, CHANNEL, KeyFrameCmd("Send"))
    await asyncio.sleep(1)
    assert KeyFrameWanted(CHANNEL) in camera.told


async def silence_is_no_failure(platform: Unplugged, camera: Camera) -> None:
    assert await platform.commands.configure(CAMERA, CHANNEL, FrameMirror(1)) is Fate.UNCONFIRMED
    assert await platform.commands.control(CAMERA, CHANNEL, GuardCmd(True)) is Fate.UNCONFIRMED
    done = [one.what for one in camera.told if isinstance(one, Controlled)]
    assert done == ["FrameMirror", "GuardCmd"]


def silence_has_no_stage(patch: Patch) -> None:
    def silent(text: str, *, timer: str, stage: str) -> PeerSilent:
        return PeerSilent(text, timer=timer, stage="query")

    patch.setattr("tongshi.signalling.waiting.PeerSilent", silent)


def upgraded(ok: bool) -> Work:
    """Return work that orders an upgrade; the device tells what became of it."""

    async def work(platform: Unplugged, camera: Camera) -> None:
        order = DeviceUpgrade("2.0", "http://192.0.2.250/fw", "Tongshi", "ab" * 16)
        await platform.commands.control(CAMERA, CHANNEL, order)
        (wanted,) = [one for one in camera.told if isinstance(one, UpgradeWanted)]
        fails = "upgrade-fails" in camera.device.quirks
        result = DeviceUpgradeResult(
            camera.device.number(),
            CAMERA,
            wanted.order.session_id,
            Outcome.ERROR if fails else Outcome.OK,
            "2.0",
            "02" if fails else "",
        )
        camera.device.send(result, camera.clock.now(), ignore)
        camera.carrier.pump()
        await asyncio.sleep(1)
        (event,) = told(platform, UpgradeReported)
        assert event.done is ok
        assert event.reason == ("" if ok else "02")

    return work


def results_have_one_name(patch: Patch) -> None:
    reader = message._READERS[message.Root.NOTIFY, "deviceupgraderesult"]

    def strict(envelope: Any) -> Message | None:
        return reader(envelope) if "upgraderesult" in envelope.fields else None

    patch.setitem(
        message._READERS,
        (message.Root.NOTIFY, "deviceupgraderesult"),
        strict,
    )


def upgrades_succeed(patch: Patch) -> None:
    patch.setattr(
        commands,
        "UpgradeReported",
        lambda device, session, done, *rest: UpgradeReported(device, session, True, *rest),
    )


# Notices.


def change(camera: Camera, event: str = "OFF") -> None:
    """Let the first channel change, and the device tell it."""
    camera.device.reports.change([(CHANNEL, event)], camera.clock.now())
    camera.carrier.pump()


def changes(platform: Unplugged) -> list[tuple[str, str]]:
    return [
        (item.device_id, item.event) for one in told(platform, CatalogChanged) for item in one.items
    ]


def subscribing(check: Work) -> Work:
    """Return work done once the platform has asked to be told of changes."""

    async def work(platform: Unplugged, camera: Camera) -> None:
        platform.subscriptions.want(CAMERA, Subject.CATALOG)
        await asyncio.sleep(10)
        await check(platform, camera)

    return work


async def changes_are_told(platform: Unplugged, camera: Camera) -> None:
    (standing,) = platform.subscriptions.standing(CAMERA)
    assert standing.state is State.ACTIVE
    change(camera)
    await asyncio.sleep(5)
    assert changes(platform) == [(CHANNEL, "OFF")]


async def changes_are_understood(platform: Unplugged, camera: Camera) -> None:
    change(camera, "UPDATE")
    await asyncio.sleep(5)
    assert changes(platform) == [(CHANNEL, "UPDATE")]


async def changes_are_told_in_time(platform: Unplugged, camera: Camera) -> None:
    await changes_are_told(platform, camera)
    assert platform.subscriptions.counters["notified"] == 2  # how things are, and what changed
    assert platform.reception.counters["notify 481"] == 0


async def catalogs_are_asked_for_instead(platform: Unplugged, camera: Camera) -> None:
    (standing,) = platform.subscriptions.standing(CAMERA)
    assert (standing.state, standing.why) == (State.FALLBACK, "refused 489")
    before = len(told(platform, CatalogGathered))
    await asyncio.sleep(2 * 3600)
    assert len(told(platform, CatalogGathered)) - before in (1, 2)


def nothing_stands_in(patch: Patch) -> None:
    patch.setattr(Subscriptions, "_poll", lambda self, tie, now: None)


def answers_have_no_body(patch: Patch) -> None:
    answered = Subscriber.answered

    def strict(self: Subscriber, response: Response, now: float) -> None:
        if response.body:
            response = self.request.response(400)
        answered(self, response, now)

    patch.setattr(Subscriber, "answered", strict)


def events_have_an_id(patch: Patch) -> None:
    take = Subscribing.take

    def strict(self: Subscribing, arrived: Any) -> Response | None:
        name = EventName.parse(arrived.request.headers.get("Event") or "")
        return take(self, arrived) if name.id else None

    patch.setattr(Subscribing, "take", strict)


def notices_come_by_notify(patch: Patch) -> None:
    patch.setattr(Notices, "hang_into", lambda self, reception: None)


def elements_stand_in_order(patch: Patch) -> None:
    key = message.Root.NOTIFY, "catalog"
    reader = message._READERS[key]

    def strict(envelope: Any) -> Message | None:
        items: list[Tree] = list(envelope.children("devicelist"))
        if any([child.tag for child in item].index("Event") > 1 for item in items):
            raise RemoteProtocolError("Event is not where it belongs", clause="N.4")
        return reader(envelope)

    patch.setitem(message._READERS, key, strict)


async def strangers_among_the_changes_are_told(platform: Unplugged, camera: Camera) -> None:
    change(camera)
    await asyncio.sleep(5)
    assert changes(platform) == [(CHANNEL, "OFF"), (f"{CAMERA[:10]}1319999999", "ON")]


def changes_are_of_known_channels(patch: Patch) -> None:
    take = Notices._take_catalog

    def strict(self: Notices, device_id: str, items: Any) -> None:
        if all(item.device_id in CHANNELS for item in items):
            take(self, device_id, items)

    patch.setattr(Notices, "_take_catalog", strict)


async def untrue_states_are_not_believed(platform: Unplugged, camera: Camera) -> None:
    await asyncio.sleep(200)
    assert changes(platform) == []
    assert platform.notices.counters["catalog ignored"] > 2


async def a_position_is_no_alarm(platform: Unplugged, camera: Camera) -> None:
    camera.device.reports.report_position(camera.clock.now())
    camera.carrier.pump()
    await asyncio.sleep(5)
    (reported,) = told(platform, PositionReported)
    assert (reported.items[0].longitude, reported.source) == (121.5, "alarm")
    assert told(platform, AlarmRaised) == []


def method_4_is_an_alarm(patch: Patch) -> None:
    patch.setattr("tongshi.signalling.notices.GPS", -1)


async def a_forgotten_subscription_is_made_again(platform: Unplugged, camera: Camera) -> None:
    await asyncio.sleep(402)  # over the refresh, which to the device is a beginning
    change(camera)
    await asyncio.sleep(5)
    assert changes(platform) == [(CHANNEL, "OFF")]


def nothing_is_refreshed(patch: Patch) -> None:
    patch.setattr(Subscriber, "expire", lambda self, now: None)


def kept(
    quirk: str, check: Work, without: Without, **given: Any
) -> tuple[Callable[[], None], Without]:
    return doing(subscribing(check), quirk, **given), without


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "records-unsorted": (
        doing(records_come_in_order_and_once, "records-unsorted"),
        lists_are_laid_end_to_end,
    ),
    "records-twice": (
        doing(records_come_in_order_and_once, "records-twice"),
        equal_records_are_two,
    ),
    "records-need-all": (
        doing(days_are_found, "records-need-all", hand={"record_type_all": "true"}),
        everybody_is_alike,
    ),
    "records-day-only": (doing(days_are_found, "records-day-only"), one_query_for_all_days),
    "presets-no-sumnum": (doing(presets_are_whole, "presets-no-sumnum"), lists_have_a_total),
    "home-cmdtype": (
        doing(the_home_position_is_told, "home-cmdtype"),
        names_of_commands_are_exact,
    ),
    "config-other-name": (
        doing(settings_are_read, "config-other-name", profile=MODERN),
        blocks_have_their_names,
    ),
    "config-silent": (a_missing_type_is_named, all_silence_is_refusal),
    "config-needs-device": (
        doing(
            settings_go_to_the_device,
            "config-needs-device",
            hand={"config_to_device": "true"},
            profile=MODERN,
        ),
        everybody_is_alike,
    ),
    "config-strict": (
        doing(harmful_settings_are_never_sent, "config-strict"),
        settings_are_not_checked,
    ),
    "ptz-position-error": (doing(a_reason_is_passed_on, "ptz-position-error"), errors_are_answers),
    "ptz-stop-lost": (doing(the_camera_stops, "ptz-stop-lost"), one_stop_is_enough),
    "control-error-anyway": (
        doing(a_late_error_is_told, "control-error-anyway"),
        nobody_listens_afterwards,
    ),
    "iframe-2016-only": (
        doing(
            key_frames_are_made,
            "iframe-2016-only",
            hand={"key_frame": "IFameCmd"},
            profile=MODERN,
        ),
        everybody_is_alike,
    ),
    "control-silent": (
        doing(silence_is_no_failure, "control-silent", profile=MODERN),
        silence_has_no_stage,
    ),
    "upgrade-other-name": (
        doing(upgraded(True), "upgrade-other-name", profile=MODERN),
        results_have_one_name,
    ),
    "upgrade-fails": (doing(upgraded(False), "upgrade-fails", profile=MODERN), upgrades_succeed),
    "no-subscribe": kept("no-subscribe", catalogs_are_asked_for_instead, nothing_stands_in),
    "subscribe-body": kept("subscribe-body", changes_are_told, answers_have_no_body),
    "notify-without-id": kept("notify-without-id", changes_are_told_in_time, events_have_an_id),
    "notify-by-message": kept("notify-by-message", changes_are_told, notices_come_by_notify),
    "event-last": kept("event-last", changes_are_understood, elements_stand_in_order),
    "unknown-notified": kept(
        "unknown-notified", strangers_among_the_changes_are_told, changes_are_of_known_channels
    ),
    "wrong-status-notified": kept(
        "wrong-status-notified",
        untrue_states_are_not_believed,
        everybody_is_alike,
        hand={"status_notify": "false"},
    ),
    "gps-by-alarm": (
        doing(a_position_is_no_alarm, "gps-by-alarm", profile=DRIVING),
        method_4_is_an_alarm,
    ),
    "subscription-forgotten": kept(
        "subscription-forgotten", a_forgotten_subscription_is_made_again, nothing_is_refreshed
    ),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_functions_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])
