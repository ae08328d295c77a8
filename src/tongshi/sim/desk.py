"""One device and somebody who asks it, in virtual time: for tests of what devices answer.

The desk answers whatever the device sends, by :attr:`Desk.statuses`, and keeps it.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import CONTENT_TYPE, Message
from tongshi.gb28181.version import HEADER, Version
from tongshi.sim.device import Device
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.world import World
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import AckArrived, Answered, RequestArrived
from tongshi.sip.message import Request, Response

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
HOME = Address("192.0.2.10", 5060)
AWAY = Address("198.51.100.7", 5060)
WHILE_S = 0.5
"""How long an answer is waited for."""

M = TypeVar("M")
E = TypeVar("E")


class Desk:
    """A bare SIP endpoint that asks, and one device that answers.

    statuses: what the device's requests are answered with, by method; 200 where nothing is said,
    None for nothing at all.  requests: of the device, in order.  told: its events.
    version: that the desk says in its answers to REGISTER.
    """

    def __init__(
        self,
        *quirks: str,
        profile: Profile | None = None,
        join: Join | None = None,
        version: Version = Version.V2022,
        impairments: Impairments = CLEAN,
    ) -> None:
        self.world = World(impairments=impairments)
        self.version = version
        self.statuses: dict[str, int | None] = {}
        self.requests: list[RequestArrived] = []
        self.acks: list[Request] = []
        self.told: list[object] = []
        self._answers: dict[int, Response] = {}
        self.endpoint = Endpoint(new_token=self.world.token, sent_by="192.0.2.10:5060")
        self._home = self.world.add(self.endpoint, HOME.host, HOME.port, self._hear)
        self.device = Device(
            profile or Profile(DEVICE, "摄像机", (Channel(CHANNEL, "通道1"),), version=version),
            join or Join(PLATFORM, "secret"),
            contact=(AWAY.host, AWAY.port),
            new_token=self.world.token,
            chance=self.world.chance,
            clock=self.world.clock,
            quirks=Quirks.of(quirks),
        )
        self._away = self.world.add(self.device, AWAY.host, AWAY.port, self._tell)

    def enter(self) -> "Desk":
        """Let the device register, and forget how it did; return this desk."""
        self.device.connect(HOME, self.world.now)
        self.run()
        self.requests.clear()
        self.told.clear()
        return self

    def run(self, seconds: float = WHILE_S) -> None:
        """Let time pass, after sending what both have to say."""
        self.world.touch(self._away)
        self.world.touch(self._home)
        self.world.run(seconds)

    def ask(self, message: Message | bytes, *, user: str = DEVICE) -> list[Message]:
        """Send *message* in a MESSAGE and return what the device tells because of it."""
        before = len(self.requests)
        body = message if isinstance(message, bytes) else manscdp.write(message, self.version)
        self.send("MESSAGE", body, user=user, headers=[("Content-Type", CONTENT_TYPE)])
        return self.messages(since=before)

    def send(
        self,
        method: str,
        body: bytes = b"",
        *,
        user: str = DEVICE,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Response | None:
        """Send a request and return the final answer; None when there is none yet."""
        request = Request(
            method,
            f"sip:{user}@{AWAY.host}:{AWAY.port}",
            [
                ("From", f"<sip:{PLATFORM}@{PLATFORM[:10]}>;tag={self.world.token()}"),
                ("To", f"<sip:{user}@{PLATFORM[:10]}>"),
                ("Call-ID", self.world.token()),
                ("CSeq", f"1 {method}"),
                ("Contact", f"<sip:{PLATFORM}@{HOME.host}:{HOME.port}>"),
                *headers,
            ],
            body,
        )
        return self.exchange(request)

    def exchange(self, request: Request) -> Response | None:
        """Send *request* as it is and return the final answer; None when there is none yet."""
        self.request = request
        self.handle = self.endpoint.request(request, AWAY, self.world.now)
        self.run()
        return self._answers.get(self.handle)

    def exchanged(self) -> Response | None:
        """Return the final answer to the latest request, if it has come meanwhile."""
        return self._answers.get(self.handle)

    def acknowledge(self, response: Response, body: bytes = b"") -> Dialog:
        """Send the ACK of *response*, the answer to the latest INVITE, and return the dialog."""
        dialog = Dialog.from_uac(self.request, response)
        ack = dialog.acknowledge(body=body)
        self.endpoint.acknowledge(self.handle, ack, AWAY, self.world.now)
        self.run()
        return dialog

    def messages(self, *methods: str, since: int = 0) -> list[Message]:
        """Return what the device told by *methods*, by default all, from request *since* on."""
        read = []
        for arrived in self.requests[since:]:
            request = arrived.request
            if request.body and (not methods or request.method in methods):
                try:
                    read.append(manscdp.read(request.body))
                except RemoteProtocolError:
                    continue
        return read

    def of(self, kind: type[M], messages: Sequence[Message] | None = None) -> list[M]:
        """Return those of *messages*, by default all so far, that are of *kind*."""
        found: Sequence[object] = self.messages() if messages is None else messages
        return [message for message in found if isinstance(message, kind)]

    def events(self, kind: type[E]) -> list[E]:
        """Return the device's events of *kind*."""
        return [event for event in self.told if isinstance(event, kind)]

    def methods(self) -> list[str]:
        """Return the methods of the device's requests."""
        return [arrived.request.method for arrived in self.requests]

    def reply(self, arrived: RequestArrived, response: Response) -> None:
        """Answer a request of the device."""
        self.endpoint.reply(arrived, response, self.world.now)
        self.run()

    def _tell(self, event: object) -> None:
        self.told.append(event)

    def _hear(self, event: object) -> None:
        match event:
            case Answered(handle=handle, response=response) if response.status >= 200:
                self._answers[handle] = response
            case AckArrived(request=request):
                self.acks.append(request)
            case RequestArrived(request=request):
                self.requests.append(event)
                status = self.statuses.get(request.method, 200)
                if status is not None and request.method != "INVITE":
                    headers = [(HEADER, str(self.version)), ("Expires", "3600")]
                    named = headers if request.method == "REGISTER" else []
                    answer = request.response(status, headers=named)
                    self.endpoint.reply(event, answer, self.world.now)
            case _:
                pass
