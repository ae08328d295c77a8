"""What answers look like: the members that programs use most, as the OpenAPI has them.

Answers have more members than are named here.  Moments are UNIX time in s, or ISO 8601 where they
are text; codes are those of GB/T 28181.
"""

from typing import Literal, TypedDict

State = Literal["online", "offline", "unknown"]


class Myself(TypedDict):
    """Who asks, and what it may do: names of permissions."""

    id: int
    name: str
    shown: str
    unit: str
    role: str
    rights: list[str]
    ends: str | None


class Device(TypedDict):
    """A device or platform.  why, since: reason for its state, and since when."""

    device_id: str
    name: str
    manufacturer: str
    model: str
    firmware: str
    region: str
    state: State
    why: str
    since: float | None
    last_proof_at: float | None


class Channel(TypedDict):
    """A camera, or a node of a device's catalog.  camera: whether it has a picture."""

    device_id: str
    channel_id: str
    device_name: str
    name: str
    camera: bool
    state: State
    region: str
    parent_id: str
    longitude: float | None
    latitude: float | None


class Alarm(TypedDict):
    """An alarm that a device raised."""

    id: int
    device: str
    device_name: str
    channel: str
    channel_name: str
    priority: int | None
    method: int | None
    alarm_type: int | None
    description: str
    at: float | None
    received_at: float
    occurrences: int
    state: str
    assignee: str


class Download(TypedDict):
    """Footage to take along, as it stands.  progress: 0 to 1.  digest: SHA-256 of the file.

    state: queued, running, waiting, finishing, done, failed, cancelled, gone.
    """

    id: int
    device: str
    channel: str
    name: str
    purpose: str
    since: float
    until: float
    state: str
    why: str
    detail: str
    progress: float
    written: int
    expected: int | None
    digest: str


class Purpose(TypedDict):
    """A reason to look, to choose from."""

    code: str
    title: str


class Amounts(TypedDict):
    """What was used.  refused: calls beyond a quota."""

    calls: int
    refused: int
    stream_minutes: float
    bytes: int


class UsageLine(TypedDict):
    """One token in one period."""

    begin: str | None
    token: int
    name: str
    account: str
    unit: str
    kind: str
    used: Amounts


class UsageReport(TypedDict):
    """What was used from *since* to *until*."""

    since: str | None
    until: str | None
    period: str
    total: Amounts
    rows: list[UsageLine]


class Shown(TypedDict, total=False):
    """An open view.  url: of its WebSocket, once there is a picture; opens once, within 20 s."""

    view: str
    state: str
    url: str
    codec: str
    mime: str
    width: int
    height: int
    audio: str
    transcoded: bool
    transport: str
