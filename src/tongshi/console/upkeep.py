"""Upkeep of a device: restart, firmware, its password, lock-outs."""

from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api import admission, controls, orders, peers, upgrades
from tongshi.api.problem import Problem, describe
from tongshi.console import device
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error, Missing
from tongshi.shelf.firmware import OVER

SHOWN = 20
"""Upgrades shown at the most, the newest."""
OF_PEERS = frozenset({"password", "common", "unlock"})
"""What takes the right to say who may register."""


async def show_upkeep(visit: Visit) -> Response:
    """Draw what can be done to a device, and how it stands."""
    return await _draw(visit)


async def show_upgrades(visit: Visit) -> Response:
    """Draw the upgrades of a device and how far each has come."""
    return visit.draw("device/upgrades.html", await _upgrades(visit))


async def act(visit: Visit) -> Response:
    """Do what the form says, and draw what came of it."""
    form = await read_form(visit)
    try:
        told = await _do(visit, form)
    except Error as error:
        return await _draw(visit, problem=describe(error, visit.words))
    return await _draw(visit, told=told)


async def _do(visit: Visit, form: Form) -> str:
    """Do one thing; return what is known of the outcome, in words."""
    parts, asker, words = visit.parts, visit.asker, visit.words
    device_id = str(visit.request.path_params["device_id"])
    if form["act"] in OF_PEERS:
        asker.person.require(Permission.MANAGE_PEERS)
    match form["act"]:
        case "reboot":
            order = orders.Reboot(do="reboot", purpose=form[device.PURPOSE][:200])
            done = await controls.order(parts, asker, device_id, device_id, order)
            return f"{words('control.did_reboot')} · {words(f'control.{done.outcome.value}')}"
        case "upgrade":
            number = form["firmware"]
            wanted = upgrades.NewUpgrade(
                firmware=int(number) if number.isdecimal() and len(number) < 18 else 0,
                manufacturer=form["manufacturer"].strip()[:64] or "-",
                version=form["version"].strip()[:64] or "-",
                purpose=form[device.PURPOSE][:200],
            )
            await upgrades.begin_upgrade(parts, asker, device_id, wanted)
            return words("upkeep.upgrade_begun")
        case "password":
            given = peers.Password(
                password=form["password"][:128],
                username=form["username"].strip()[:64],
                realm=form["realm"].strip()[:64],
            )
            await peers.set_password(parts, asker, device_id, given)
            return words("upkeep.password_done")
        case "common":
            await peers.remove_password(parts, asker, device_id)
            return words("upkeep.password_done")
        case "unlock":
            cleared = await admission.clear_lock(parts, asker, device_id)
            return words("upkeep.lockout_cleared", count=cleared.failures)
    raise Missing(f"nothing is done to devices by {form['act'][:40]!r}")


async def _draw(visit: Visit, *, told: str = "", problem: Problem | None = None) -> Response:
    found = await device.find(visit)
    values = {
        "told": told,
        "problem": problem,
        "own_password": visit.parts.peers.has_password(found.device_id),
        "locks": [
            lock for lock in visit.parts.admission.locks() if lock.device_id == found.device_id
        ],
        "purposes": device.purposes(visit),
        "purpose": device.PURPOSE,
        "firmware": await upgrades.list_firmware(visit.parts),
        **await _upgrades(visit),
    }
    return device.draw(visit, found, "upkeep", values)


async def _upgrades(visit: Visit) -> dict[str, object]:
    device_id = str(visit.request.path_params["device_id"])
    page = await upgrades.list_device_upgrades(visit.parts, visit.asker, device_id, size=SHOWN)
    return {
        "upgrades": page.rows,
        "moving": any(row.state not in OVER for row in page.rows),
        "here_is": device.path_to(device_id),
        "find": visit.words.find,
    }
