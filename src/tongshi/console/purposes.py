"""The list of purposes on a page: added, changed, retired by the administrator of security."""

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.api import purposes as interface
from tongshi.api.problem import Problem, describe
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid

WORDS = ("time", "state", "advice", "problem")
NEEDS = ("case", "approval", "second", "text")
"""What stating a purpose may require."""


async def show_purposes(visit: Visit) -> Response:
    """Draw the page."""
    values = {**_list(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("purposes.html", values)


async def add(visit: Visit) -> Response:
    """Add a purpose, or say what is wrong with it."""
    form, problem = await read_form(visit), None
    try:
        given = interface.NewPurpose(code=form["code"].strip(), **_body(form).model_dump())
        await interface.add_purpose(visit.parts, visit.asker, given)
    except ValidationError:
        problem = describe(Invalid("a code has small letters, digits and hyphens"), visit.words)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/purposes.html", _list(visit, problem))


async def change(visit: Visit) -> Response:
    """Let a purpose be as the form says; its button may retire it or bring it back."""
    form, problem = await read_form(visit), None
    code = str(visit.request.path_params["code"])[:32]
    try:
        await interface.write_purpose(visit.parts, visit.asker, code, _body(form))
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/purposes.html", _list(visit, problem))


def _body(form: Form) -> interface.PurposeBody:
    order = form["order"]
    try:
        return interface.PurposeBody(
            zh=form["zh"].strip(),
            en=form["en"].strip(),
            case=bool(form["case"]),
            approval=bool(form["approval"]),
            second=bool(form["second"]),
            text=bool(form["text"]),
            order=int(order) if order.isascii() and order.isdigit() and len(order) < 5 else 0,
            retired=form["act"] == "retire",
        )
    except ValidationError:
        raise Invalid("a purpose has a name in both languages, of 64 characters") from None


def _list(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    known = visit.parts.purposes.known
    return {"purposes": known.values(), "needs": NEEDS, "problem": problem, "again": None}
