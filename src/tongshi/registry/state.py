"""Three states of presence, and what a device's state and its catalog's word make of a channel.

Unknown is a state of its own: it is neither good nor bad, and nothing but proof ends it.
"""

from enum import Enum

from tongshi.gb28181 import catalog


class State(Enum):
    """Presence of a device or a channel."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


def channel_state(device: State, said: catalog.State) -> State:
    """Return a channel's state, which is never better than its device's.

    A channel of an offline device is offline, one of an unknown device unknown.
    """
    if device is not State.ONLINE:
        return device
    match said:
        case catalog.State.ON:
            return State.ONLINE
        case catalog.State.OFF:
            return State.OFFLINE
        case catalog.State.UNKNOWN:
            return State.UNKNOWN
