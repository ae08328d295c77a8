"""THE table of the console's pages and fragments: every row with its permission."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.console import devices, looks, people, wall
from tongshi.console.visit import Visit

P = Permission


@dataclass(frozen=True, slots=True)
class Row:
    """One row.  permission: None only where nobody can be signed in yet."""

    method: str
    path: str
    permission: Permission | None
    handler: Callable[[Visit], Awaitable[Response]]


async def begin(visit: Visit) -> Response:
    """Go to where work begins."""
    return visit.go("/live")


ROWS: tuple[Row, ...] = (
    Row("GET", "/", P.SEE_DEVICES, begin),
    Row("GET", "/sign-in", None, people.show_door),
    Row("POST", "/sign-in", None, people.sign_in),
    Row("POST", "/preferences", None, people.prefer),
    Row("POST", "/sign-out", P.OWN_ACCOUNT, people.sign_out),
    Row("GET", "/password", P.OWN_ACCOUNT, people.show_password),
    Row("POST", "/password", P.OWN_ACCOUNT, people.change_password),
    Row("GET", "/live", P.SEE_LIVE, wall.show_live),
    Row("GET", "/live/tree", P.SEE_LIVE, wall.show_tree),
    Row("GET", "/live/tree/level", P.SEE_LIVE, wall.show_level),
    Row("GET", "/live/counts", P.SEE_LIVE, wall.show_counts),
    Row("GET", "/devices", P.SEE_DEVICES, devices.show_devices),
    Row("GET", "/devices/list", P.SEE_DEVICES, devices.show_list),
    Row("GET", "/devices/summary", P.SEE_DEVICES, devices.show_summary),
    Row("GET", "/devices/proofs", P.SEE_DEVICES, devices.tell_proofs),
    Row("GET", "/devices/{device_id:path}/row", P.SEE_DEVICES, devices.show_row),
    Row("GET", "/devices/{device_id:path}/channels", P.SEE_DEVICES, devices.show_channels),
    Row("POST", "/devices/{device_id:path}/catalog", P.REFRESH_DEVICES, devices.ask_catalog),
    Row("GET", "/register", P.READ_ACCESS_REGISTER, looks.show_register),
    Row("GET", "/register/list", P.READ_ACCESS_REGISTER, looks.show_list),
)
