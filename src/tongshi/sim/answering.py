"""A device's answers to the MESSAGEs of its platform.

Each is answered 200 at once; what it asks for follows in MESSAGEs of the device's own, parts one
after another, each when the last was answered.

Source: GB/T 28181-2022 9.3, 9.5, 9.7, 9.12 and annex M.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    BroadcastNotify,
    DeviceConfig,
    DeviceControl,
    Message,
    Other,
)
from tongshi.sim.event import Queried
from tongshi.sim.hearing import Hearings
from tongshi.sim.host import Host
from tongshi.sim.obeying import configure, control
from tongshi.sim.reporting import Reports
from tongshi.sim.telling import QUERIES, tell
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response

__all__ = ["Answers", "Queried"]

_RETRIES = 1
"""How often a part is sent again that had no answer, or another than 2xx."""


@dataclass(slots=True)
class Answers:
    """Reads MESSAGEs, and sends what they ask for."""

    host: Host
    reports: Reports
    hearings: Hearings

    def arrived(self, arrived: RequestArrived, now: float) -> None:
        """Take a MESSAGE."""
        host, request = self.host, arrived.request
        if "deaf" in host.quirks:
            return
        try:
            told = manscdp.read(request.body)
        except RemoteProtocolError as error:
            host.reply(arrived, request.response(error.status), now)
            return
        if not host.profile.owns(told.device_id):
            host.reply(arrived, request.response(404), now)
        elif "response-first" in host.quirks:
            self._respond(told, request.body, now)
            host.reply(arrived, request.response(200), now)
        else:
            host.reply(arrived, request.response(200), now)
            self._respond(told, request.body, now)

    def _respond(self, told: Message, body: bytes, now: float) -> None:
        host = self.host
        match told:
            case DeviceControl():
                self._send_all(control(host, told, body, now), now)
            case DeviceConfig():
                self._send_all(configure(host, told, now), now)
            case BroadcastNotify():
                self.hearings.notified(told, now)
            case AlarmAnswer():
                self.reports.confirmed(told)
            case Other(cmd_type=command):
                host.tell(Queried(command))
            case _ if type(told) in QUERIES:
                host.tell(Queried(QUERIES[type(told)]))
                self._send_all(tell(host, self.reports, told, now), now)
            case _:
                pass

    def _send_all(self, parts: Iterator[Message], now: float) -> None:
        """Send *parts* one after another."""
        part = next(parts, None)
        if part is not None:
            self._send(part, parts, _RETRIES, now)

    def _send(self, part: Message, parts: Iterator[Message], left: int, now: float) -> None:
        def settle(response: Response | None, then: float) -> None:
            if response is not None and response.status < 300:
                self._send_all(parts, then)
            elif left:
                self._send(part, parts, left - 1, then)

        self.host.send(part, now, settle)
