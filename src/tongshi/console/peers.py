"""Who may register: newcomers that wait, lock-outs, rules."""

from starlette.responses import Response

from tongshi.api import admission
from tongshi.api.problem import Problem, describe
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid
from tongshi.registry.peers.rule import Effect

WORDS = ("time", "state", "advice", "problem")


async def show_peers(visit: Visit) -> Response:
    """Draw the page."""
    values = {
        **_standing(visit),
        "effects": [effect.value for effect in Effect],
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("peers.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw what stands: newcomers, locks, rules."""
    return visit.draw("parts/admission.html", _standing(visit))


async def judge(visit: Visit) -> Response:
    """Allow, deny or dismiss a newcomer."""
    device_id = str(visit.request.path_params["device_id"])
    form = await read_form(visit)
    effect = {"allow": Effect.ALLOW, "deny": Effect.DENY}.get(form["act"])
    problem = None
    try:
        if effect is not None:
            rule = admission.NewRule(effect=effect, pattern=device_id[:70])
            await admission.add_rule(visit.parts, visit.asker, rule)
        if effect is not Effect.ALLOW:
            await admission.dismiss(visit.parts, visit.asker, device_id)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/admission.html", _standing(visit, problem))


async def clear(visit: Visit) -> Response:
    """Forget the failures of a device, or of a whole address."""
    form = await read_form(visit)
    problem = None
    try:
        if form["device"]:
            await admission.clear_lock(visit.parts, visit.asker, form["device"])
        else:
            host = admission.Host(host=form["host"][:64])
            await admission.clear_host(visit.parts, visit.asker, host)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/admission.html", _standing(visit, problem))


async def add_rule(visit: Visit) -> Response:
    """Add a rule, or say what is wrong with it."""
    form = await read_form(visit)
    try:
        effect = next((each for each in Effect if each.value == form["effect"]), None)
        if effect is None:
            raise Invalid(f"a rule does not do this: {form['effect'][:40]!r}")
        text = form["expires"]
        rule = admission.NewRule(
            effect=effect,
            pattern=form["pattern"].strip()[:70],
            network=form["network"].strip()[:50],
            target=form["target"].strip()[:130],
            expires=int(text) if text.isdecimal() and len(text) < 9 else 3600,
            note=form["note"].strip()[:500],
        )
        await admission.add_rule(visit.parts, visit.asker, rule)
    except Error as error:
        return visit.draw("parts/rule_told.html", {"problem": describe(error, visit.words)})
    return visit.draw("parts/rule_told.html", {"problem": None})


async def remove_rule(visit: Visit) -> Response:
    """Remove a rule."""
    text = str(visit.request.path_params["number"])
    number = int(text) if text.isdecimal() and len(text) < 18 else 0
    problem = None
    try:
        await admission.remove_rule(visit.parts, visit.asker, number)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/admission.html", _standing(visit, problem))


def _standing(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    return {
        "newcomers": visit.parts.admission.newcomers(),
        "locks": visit.parts.admission.locks(),
        "rules": visit.parts.peers.book.rules,
        "problem": problem,
        "again": None,
    }
