"""Webhooks: where changes are told, with what came of each delivery."""

import asyncio

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.api import hooks
from tongshi.api.hooks import AskHook, DeliveryShown
from tongshi.api.problem import Problem, describe
from tongshi.console.people import Form, read_form
from tongshi.console.tokens import number_of, read_faults
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid
from tongshi.hooks.hook import TOPICS, Hook

WORDS = ("time", "state", "advice", "problem")
SHOWN = 100
"""Deliveries that a page shows."""


async def show_hooks(visit: Visit) -> Response:
    """Draw the page."""
    return await _draw_all(visit)


async def make_hook(visit: Visit) -> Response:
    """Make a webhook, and tell its secret once."""
    form = await read_form(visit)
    try:
        made = await hooks.make_hook(visit.parts, visit.asker, _ask(form))
    except (Error, ValidationError) as error:
        return await _draw_all(visit, problem=describe(read_faults(error), visit.words), form=form)
    return await _draw_one(visit, made.about.id, secret=made.secret)


async def show_hook(visit: Visit) -> Response:
    """Draw one webhook and its deliveries."""
    return await _draw_one(visit, number_of(visit, "hook_id"))


async def change_hook(visit: Visit) -> Response:
    """Change a webhook."""
    form, number = await read_form(visit), number_of(visit, "hook_id")
    try:
        await hooks.change_hook(visit.parts, visit.asker, number, _ask(form))
    except (Error, ValidationError) as error:
        problem = describe(read_faults(error), visit.words)
        return await _draw_one(visit, number, problem=problem)
    return visit.go(f"/hooks/{number}")


async def act(visit: Visit) -> Response:
    """Test, remove, renew the secret, or tell something once more."""
    form, number = await read_form(visit), number_of(visit, "hook_id")
    parts, asker = visit.parts, visit.asker
    try:
        match form["act"]:
            case "test":
                tried = await hooks.test_hook(parts, asker, number)
                return await _draw_one(visit, number, tried=tried)
            case "secret":
                made = await hooks.renew_hook(parts, asker, number)
                return await _draw_one(visit, number, secret=made.secret)
            case "remove":
                await hooks.remove_hook(parts, asker, number)
                return visit.go("/hooks")
            case "again":
                await hooks.redeliver(parts, asker, number, _delivery(form))
            case other:
                raise Invalid(f"nothing is done so: {other[:40]!r}")
    except Error as error:
        return await _draw_one(visit, number, problem=describe(error, visit.words))
    return visit.go(f"/hooks/{number}")


def _delivery(form: Form) -> int:
    text = form["delivery"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Invalid(f"no number of a delivery: {text[:20]!r}")
    return int(text)


def _ask(form: Form) -> AskHook:
    owner = form["owner"]
    return AskHook(
        owner=int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 18 else 0,
        name=form["name"].strip(),
        url=form["url"].strip(),
        topics=[topic for topic in TOPICS if form[f"topic.{topic}"]],
        paused=bool(form["paused"]),
    )


def _services(visit: Visit) -> list[Person]:
    everybody = visit.parts.people.everybody()
    return [each for each in everybody if each.role is Role.SERVICE and not each.disabled]


async def _draw_all(
    visit: Visit, *, problem: Problem | None = None, form: Form | None = None
) -> Response:
    found = await asyncio.to_thread(visit.parts.hooks.everything)
    held = {name: "" if form is None else form[name] for name in ("owner", "name", "url")}
    topics = [topic for topic in TOPICS if form is None or form[f"topic.{topic}"]]
    values = {
        **await _common(visit, problem),
        "hooks": found,
        "held": held | {"topics": topics if form is not None else ["alarm", "device"]},
    }
    return visit.draw("hooks.html", values, status=200 if problem is None else problem.status)


async def _draw_one(
    visit: Visit,
    number: int,
    *,
    problem: Problem | None = None,
    secret: str = "",
    tried: DeliveryShown | None = None,
) -> Response:
    hook: Hook = await asyncio.to_thread(visit.parts.hooks.find, number)
    page = await asyncio.to_thread(visit.parts.hooks.deliveries, number, None, 1, SHOWN)
    values = {
        **await _common(visit, problem),
        "hook": hook,
        "held": {
            "owner": str(hook.owner_id),
            "name": hook.name,
            "url": hook.url,
            "topics": sorted(hook.topics),
        },
        "deliveries": page.rows,
        "total": page.total,
        "secret": secret,
        "tried": tried,
    }
    return visit.draw("hook.html", values, status=200 if problem is None else problem.status)


async def _common(visit: Visit, problem: Problem | None) -> dict[str, object]:
    return {
        "services": await asyncio.to_thread(_services, visit),
        "topics": list(TOPICS),
        "problem": problem,
        "words_for_page": visit.words.part(*WORDS),
    }
