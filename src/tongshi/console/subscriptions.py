"""What a device tells by itself: its subscriptions, and where it said that it was."""

from dataclasses import dataclass

from starlette.responses import Response

from tongshi.api import positions, subscriptions
from tongshi.api.problem import describe
from tongshi.console.device import path_to
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid
from tongshi.gb28181.subscription import Subject
from tongshi.signalling.tie import State, Subscribed

LAST = 50
"""Positions shown at the most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One subject, subscribed to or not."""

    subject: str
    state: str
    target_id: str = ""
    why: str = ""
    expires: int = 0
    told: int = 0
    chosen: bool = True


def rows_of(standing: list[Subscribed]) -> list[Row]:
    """Return a row for each subscription, and one for each subject that has none."""
    rows = [
        Row(
            tie.subject.value,
            tie.state.value,
            tie.target_id,
            tie.why,
            tie.expires,
            tie.told,
            tie.chosen,
        )
        for tie in standing
    ]
    own = {row.subject for row in rows if not row.target_id}
    rows += [
        Row(subject.value, State.ENDED.value) for subject in Subject if subject.value not in own
    ]
    order = [subject.value for subject in Subject]
    return sorted(rows, key=lambda row: (order.index(row.subject), row.target_id))


async def show_subscriptions(visit: Visit) -> Response:
    """Draw how each subscription to a device stands."""
    return await _draw(visit, None)


async def want(visit: Visit) -> Response:
    """Have the device tell of something from now on."""
    form = await read_form(visit)
    interval = form["interval"]
    wish = subscriptions.Wish(interval=int(interval) if _is_interval(interval) else 0)
    try:
        subject = _subject(visit)
        await subscriptions.want_subscription(
            visit.parts, visit.asker, _device_id(visit), subject, wish
        )
    except Error as error:
        return await _draw(visit, error)
    return await _draw(visit, None)


async def unwant(visit: Visit) -> Response:
    """Have the device tell of something no longer."""
    target = visit.request.query_params.get("target", "")[:64]
    try:
        subject = _subject(visit)
        await subscriptions.unwant_subscription(
            visit.parts, visit.asker, _device_id(visit), subject, target
        )
    except Error as error:
        return await _draw(visit, error)
    return await _draw(visit, None)


async def show_positions(visit: Visit) -> Response:
    """Draw the last position of a device and of each of its channels that reported one."""
    page = await positions.list_positions(
        visit.parts, visit.asker, device=_device_id(visit), size=LAST
    )
    return visit.draw("device/positions.html", {"rows": page.rows})


async def _draw(visit: Visit, error: Error | None) -> Response:
    standing = await subscriptions.list_subscriptions(visit.parts, visit.asker, _device_id(visit))
    values = {
        "rows": rows_of(standing),
        "here_is": path_to(_device_id(visit)),
        "interval": visit.parts.settings.events.interval,
        "problem": describe(error, visit.words) if error is not None else None,
    }
    return visit.draw("device/subscriptions.html", values)


def _device_id(visit: Visit) -> str:
    return str(visit.request.path_params["device_id"])


def _subject(visit: Visit) -> Subject:
    name = str(visit.request.path_params["subject"])
    found = next((subject for subject in Subject if subject.value == name), None)
    if found is None:
        raise Invalid(f"nothing to subscribe to: {name[:40]!r}")
    return found


def _is_interval(text: str) -> bool:
    return text.isdecimal() and len(text) < 5 and int(text) <= 3600
