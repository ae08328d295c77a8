"""Events of simulated devices as plain data: what a fleet prints, one object a line."""

from typing import Any

from tongshi.sim.call import Agreed, Call, CallEnded, CallEvent, Invited, Steered
from tongshi.sim.event import (
    Controlled,
    DeviceEvent,
    KeyFrameWanted,
    Listening,
    Queried,
    Redirected,
    Returned,
    Silence,
    SnapshotWanted,
    Spoken,
    Subscribed,
    UpgradeWanted,
    Vanished,
)
from tongshi.sim.join import Died, PlatformLost, Registered, Unregistered


def describe(event: DeviceEvent) -> dict[str, Any]:
    """Return *event* as plain data; ``event`` names it."""
    match event:
        case Registered(expires=expires, refreshed=refreshed):
            return {"event": "registered", "expires": expires, "refreshed": refreshed}
        case Unregistered(status=status, reason=reason):
            return {"event": "unregistered", "status": status, "reason": reason}
        case PlatformLost():
            return {"event": "platform-lost"}
        case Died():
            return {"event": "died"}
        case Vanished(seconds=seconds):
            return {"event": "vanished", "seconds": seconds}
        case Returned():
            return {"event": "returned"}
        case Redirected(host=host, port=port):
            return {"event": "redirected", "host": host, "port": port}
        case Invited() | Agreed() | Steered() | CallEnded():
            return describe_call(event)
        case _:
            return describe_order(event)


def describe_call(event: CallEvent) -> dict[str, Any]:
    """Return what happened to a session as plain data."""
    call = event.call
    told: dict[str, Any] = {"channel": call.channel.channel_id}
    match event:
        case Invited():
            return {
                "event": "invited",
                **told,
                "stream": call.stream,
                "transport": "tcp" if call.tcp else "udp",
                "ssrc": call.ssrc,
                "purpose": _purpose_of(call),
            }
        case Agreed():
            return {"event": "agreed", **told}
        case Steered():
            return {"event": "steered", **told, **_place_of(call)}
        case CallEnded(why=why):
            return {"event": "call-ended", **told, "why": why, **_place_of(call)}


def describe_order(event: DeviceEvent) -> dict[str, Any]:
    """Return what the platform asked for as plain data."""
    match event:
        case Queried(command=command):
            return {"event": "queried", "command": command}
        case Controlled(target_id=target_id, what=what, done=done):
            return {"event": "controlled", "target": target_id, "what": what, "done": done}
        case KeyFrameWanted(channel_id=channel_id):
            return {"event": "key-frame", "channel": channel_id}
        case SnapshotWanted(channel_id=channel_id):
            return {"event": "snapshot", "channel": channel_id}
        case UpgradeWanted(target_id=target_id):
            return {"event": "upgrade", "target": target_id}
        case Subscribed(subject=subject, expires=expires):
            return {"event": "subscribed", "subject": subject, "expires": expires}
        case Spoken(number=number):
            return {"event": "spoken", "number": number}
        case Listening(number=number):
            return {"event": "listening", "number": number}
        case Silence(number=number, why=why):
            return {"event": "silence", "number": number, "why": why}
        case _:
            return {"event": "unknown"}


def _purpose_of(call: Call) -> str:
    return call.offer.purpose.value if call.offer is not None else "Play"


def _place_of(call: Call) -> dict[str, Any]:
    """Return where a playback stands."""
    if call.history is None:
        return {}
    playback = call.history.playback
    return {"npt": round(playback.position, 3), "scale": playback.scale}
