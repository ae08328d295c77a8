"""Where a device reaches this node's web server: to upload a picture, to fetch firmware."""

import ipaddress

from tongshi.errors import Conflict


def device_address(advertise: str, host: str, port: int, facing: str) -> str:
    """Return the address of the web server for a device, without a slash at its end.

    advertise: as set; it wins.  host, port: where the server listens.  facing: our host as the
    device has it.  Raises Conflict when the server cannot be reached from there.
    """
    if advertise:
        return advertise.rstrip("/")
    if _is(host, "loopback") and not _is(facing, "loopback"):
        raise Conflict(
            f"the web server listens on {host} only, which devices do not reach:"
            " set web.listen or web.advertise"
        )
    told = facing if _is(host, "unspecified") else host
    return f"http://[{told}]:{port}" if ":" in told else f"http://{told}:{port}"


def _is(host: str, kind: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" and kind == "loopback"
    return address.is_loopback if kind == "loopback" else address.is_unspecified
