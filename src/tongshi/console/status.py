"""How a device says that it is: its own word, its clock, its storage cards."""

import asyncio

from starlette.responses import Response

from tongshi.api import controls, orders
from tongshi.api.problem import Problem, describe
from tongshi.console import device
from tongshi.console.control import attempt, tell_partial
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error
from tongshi.gb28181.date import read_date
from tongshi.gb28181.manscdp.types import Outcome

BEGUN = 1.0
"""After this a card that is to be formatted says so, s."""
_WORKS = {Outcome.OK: True, Outcome.ERROR: False}


async def show_status(visit: Visit) -> Response:
    """Draw the page; what the device says comes by itself, for devices take their time."""
    found = await device.find(visit)
    values = {
        "choices": await device.channels_of(visit, found.device_id),
        "channel": visit.request.query_params.get("channel", "")[:64],
    }
    return device.draw(visit, found, "status", values)


async def show_word(visit: Visit) -> Response:
    """Ask the device, or a channel of it, how it is."""
    target = await device.target_of(visit)
    asked = visit.parts.commands.status(target.device_id, target.channel_id)
    answer, problem = await attempt(visit, asked)
    at = read_date(answer.device_time) if answer is not None else None
    values = {
        "answer": answer,
        "works": _WORKS.get(answer.status) if answer is not None else None,
        "skew": round(at - visit.parts.clock.wall()) if at is not None else None,
        "problem": problem,
        "again": None,
        "find": visit.words.find,
    }
    return visit.draw("device/word.html", values)


async def show_cards(visit: Visit) -> Response:
    """Ask the device for its storage cards."""
    return await _draw_cards(visit)


async def format_card(visit: Visit) -> Response:
    """Have the device format a card, and draw how the cards are then."""
    form = await read_form(visit)
    target = await device.target_of(visit)
    number = form["card"]
    order = orders.Format(
        do="format",
        card=int(number) if number.isdecimal() and len(number) == 1 else 0,
        purpose=device.UPKEEP,
    )
    try:
        done = await controls.order(
            visit.parts, visit.asker, target.device_id, target.channel_id, order
        )
    except Error as error:
        return await _draw_cards(visit, refused=describe(error, visit.words))
    await asyncio.sleep(BEGUN)
    return await _draw_cards(visit, told=visit.words(f"control.{done.outcome.value}"))


async def _draw_cards(visit: Visit, *, told: str = "", refused: Problem | None = None) -> Response:
    target = await device.target_of(visit)
    asked = visit.parts.commands.cards(target.device_id, target.channel_id)
    found, problem = await attempt(visit, asked)
    cards = found.items if found is not None else ()
    values = {
        "cards": cards,
        "partial": tell_partial(visit, found),
        "moving": any(card.status.lower() == "formatting" for card in cards),
        "told": told,
        "problem": refused or problem,
        "again": None,
        "here_is": device.path_to(target.device_id),
        "channel": visit.request.query_params.get("channel", "")[:64],
        "find": visit.words.find,
    }
    return visit.draw("device/cards.html", values)
