"""How a device is spoken to: each deviation in use, why, and what a person sets otherwise."""

from dataclasses import dataclass

from starlette.responses import Response

from tongshi.api import peers
from tongshi.api.problem import Problem, describe
from tongshi.console import device
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error
from tongshi.gb28181.preset import PRESET, SETTINGS


@dataclass(frozen=True, slots=True)
class Row:
    """One field.  used, usual: as text.  by: ``hand``, ``preset`` or ``standard``."""

    form: peers.FieldForm
    used: str
    by: str

    @property
    def hand(self) -> str:
        """What a person set; empty for nothing."""
        return (self.used or SETTINGS) if self.by == "hand" else ""

    @property
    def by_settings(self) -> bool:
        """Whether it can be as the settings say."""
        return not self.form.default


async def show_profile(visit: Visit) -> Response:
    """Draw every field with its value, its ground, and an input to set it by hand."""
    return await _draw(visit)


async def save_profile(visit: Visit) -> Response:
    """Take what was set by hand; what was left empty follows the evidence again."""
    form = await read_form(visit)
    table = peers.list_presets(visit.asker)
    fields = {each.name: form[each.name].strip() for each in table.fields}
    wish = peers.ProfileWish(
        preset=form["preset"] or None,
        fields={name: text for name, text in fields.items() if text},
    )
    if form["reset"]:
        wish = peers.ProfileWish()
    device_id = str(visit.request.path_params["device_id"])
    try:
        await peers.set_profile(visit.parts, visit.asker, device_id, wish)
    except Error as error:
        return await _draw(visit, given=form, problem=describe(error, visit.words))
    return await _draw(visit, saved=True)


async def _draw(
    visit: Visit, *, given: Form | None = None, problem: Problem | None = None, saved: bool = False
) -> Response:
    found = await device.find(visit)
    table = peers.list_presets(visit.asker)
    shown = await peers.read_profile(visit.parts, visit.asker, found.device_id)
    held = {field.name: field for field in shown.fields}
    rows = [Row(form, held[form.name].value, held[form.name].by) for form in table.fields]
    by_hand = visit.parts.peers.fields_of(found.device_id)
    values = {
        "shown": shown,
        "find": visit.words.find,
        "rows": rows,
        "settings": SETTINGS,
        "presets": [preset.name for preset in table.presets],
        "preset": given["preset"] if given is not None else by_hand.get(PRESET, ""),
        "inputs": {
            row.form.name: given[row.form.name] if given is not None else row.hand for row in rows
        },
        "problem": problem,
        "saved": saved,
    }
    return device.draw(visit, found, "profile", values)
