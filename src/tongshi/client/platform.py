"""`Platform`: one node, as a program sees it."""

import hashlib
import http.client
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from tongshi.client.events import Event, Parser, read
from tongshi.client.failure import Failure
from tongshi.client.pages import walk
from tongshi.client.shapes import (
    Alarm,
    Channel,
    Device,
    Download,
    Myself,
    Purpose,
    State,
    UsageReport,
)
from tongshi.client.views import Playback, View
from tongshi.client.wire import Json, Query, Wire, unreachable

_QUIET = 60.0
"""A stream of events says something every 15 s: after this it is dead."""
_PAUSE = 2.0
_CHUNK = 256 * 1024
_LAST = frozenset({"done", "failed", "cancelled", "gone"})

Period = Literal["hour", "day", "month", "whole"]
Moment = float | datetime
"""UNIX time in s, or a moment with its zone."""


class Platform:
    """One node.  Every call blocks, and raises `Failure` when it did not work.

    address: as ``https://node.example``.  token: of a service; without one, `sign_in`.
    language: of titles and advice.  timeout: s without a byte.  trust: for https.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        *,
        language: Literal["zh", "en"] = "en",
        timeout: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.wire = Wire(address, token, language=language, timeout=timeout, trust=trust)

    # Who asks

    def sign_in(self, name: str, password: str, code: str = "") -> Myself:
        """Sign in as a person.  code: of the second factor, for those who have one."""
        body = {"name": name, "password": password, "code": code}
        told: Myself = self.wire.call("POST", "/session", body=body)
        return told

    def sign_out(self) -> None:
        """End the sign-in; a token ends when it is revoked."""
        self.wire.call("DELETE", "/session")

    def myself(self) -> Myself:
        """Return who asks, and what it may do."""
        told: Myself = self.wire.call("GET", "/session")
        return told

    # What is there

    def devices(self, text: str = "", state: State | None = None) -> Iterator[Device]:
        """Yield the devices that may be known of.  text: in their names or codes."""
        return self._walk("/devices", {"text": text, "state": state})

    def device(self, device: str) -> Device:
        """Return one device."""
        told: Device = self.wire.call("GET", f"/devices/{_code(device)}")
        return told

    def channels(
        self, text: str = "", state: State | None = None, device: str = ""
    ) -> Iterator[Channel]:
        """Yield the cameras that may be known of; of one device, if it is named."""
        return self._walk("/channels", {"text": text, "state": state, "device": device})

    def channel(self, device: str, channel: str) -> Channel:
        """Return one camera."""
        path = f"/devices/{_code(device)}/channels/{_code(channel)}"
        told: Channel = self.wire.call("GET", path)
        return told

    # Pictures

    def purposes(self) -> list[Purpose]:
        """Return the reasons to look that can be given, by their codes."""
        told: list[Purpose] = self.wire.call("GET", "/live/purposes")
        return told

    def live(
        self,
        device: str,
        channel: str,
        purpose: str,
        *,
        stream: Literal["main", "sub"] = "main",
        plays: Sequence[Literal["h264", "hevc"]] = ("h264",),
        within: float = 30.0,
    ) -> View:
        """Return a live view with its address.

        purpose: a code of `purposes`, or words.  plays: what the program can decode.  within: s
        until the picture must be there.
        """
        body = self._ask(device, channel, purpose) | {"stream": stream, "plays": list(plays)}
        shown = self.wire.call("POST", "/live", body=body, query={"wait": min(within, 20.0)})
        return View(self.wire, "live", shown).wait(within)

    def playback(
        self,
        device: str,
        channel: str,
        since: Moment,
        until: Moment,
        purpose: str,
        *,
        within: float = 30.0,
    ) -> Playback:
        """Return footage that is shown, with its address."""
        body = self._ask(device, channel, purpose)
        body |= {"since": _moment(since), "until": _moment(until)}
        shown = self.wire.call("POST", "/playback", body=body, query={"wait": min(within, 20.0)})
        return Playback(self.wire, "playback", shown).wait(within)

    def snapshot(self, device: str, channel: str, purpose: str) -> bytes:
        """Return what a camera shows now, as JPEG."""
        return self.wire.fetch("POST", "/snapshots", body=self._ask(device, channel, purpose)).body

    # Footage to take along

    def download(
        self, device: str, channel: str, since: Moment, until: Moment, purpose: str
    ) -> Download:
        """Have footage fetched from its device; return the download as it stands."""
        body = self._ask(device, channel, purpose)
        body |= {"since": _moment(since), "until": _moment(until)}
        told: Download = self.wire.call("POST", "/downloads", body=body)
        return told

    def downloads(self) -> Iterator[Download]:
        """Yield the own downloads, newest first."""
        return self._walk("/downloads", {})

    def await_download(self, number: int, within: float = 3600.0, pause: float = 2.0) -> Download:
        """Return a download once it is over, whether it worked or not."""
        end = time.monotonic() + within
        while True:
            told: Download = self.wire.call("GET", f"/downloads/{number}")
            if told["state"] in _LAST:
                return told
            if time.monotonic() >= end:
                raise Failure("unreachable", "the download took too long")
            time.sleep(pause)

    def save(self, download: Download, path: Path, tries: int = 5) -> Path:
        """Write the file of a finished *download* to *path* and return it.

        What was fetched before a break is kept beside it as ``.part`` and gone on with, in this
        call and in a later one.  Raises Failure (``damaged``) when it is not the file that the
        node has: then what was fetched is removed.
        """
        part = path.with_name(path.name + ".part")
        for left in reversed(range(tries)):
            try:
                self._fetch_rest(download["id"], part)
                break
            except Failure as failure:
                if failure.code != "unreachable" or not left:
                    raise
                time.sleep(_PAUSE)
        if download["digest"] and _digest(part) != download["digest"]:
            part.unlink()
            raise Failure("damaged", "the file is not the one that the node has")
        return part.replace(path)

    def _fetch_rest(self, number: int, part: Path) -> None:
        """Add to *part* what it has not yet of a file."""
        path = f"/downloads/{number}/file"
        with self.wire.open("GET", path) as lead:
            query = urlsplit(lead.getheader("Location", "")).query
        had = part.stat().st_size if part.exists() else 0
        ask = {"Range": f"bytes={had}-"} if had else {}
        try:
            with self.wire.open("GET", f"{path}?{query}", headers=ask) as answer:
                whole = had + int(answer.getheader("Content-Length", "0"))
                with part.open("ab" if answer.status == 206 else "wb") as file:
                    _copy(answer, file.write)
                if part.stat().st_size < whole:
                    raise Failure("unreachable", "the file broke off")
        except Failure as failure:
            if not had or failure.status != 400:
                raise  # else there is nothing beyond what is here

    # Alarms

    def alarms(
        self,
        state: str | None = None,
        device: str = "",
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Iterator[Alarm]:
        """Yield alarms, newest first.  state: ``open`` for those that are not closed."""
        query = {
            "state": state,
            "device": device,
            "since": None if since is None else _moment(since),
            "until": None if until is None else _moment(until),
        }
        return self._walk("/alarms", query)

    def acknowledge_alarm(self, number: int, note: str = "") -> Alarm:
        """Say that an alarm was seen."""
        told: Alarm = self.wire.call("POST", f"/alarms/{number}/acknowledge", body={"note": note})
        return told

    def close_alarm(self, number: int, note: str) -> Alarm:
        """Say what was found, and close an alarm."""
        told: Alarm = self.wire.call("POST", f"/alarms/{number}/close", body={"note": note})
        return told

    # What changes

    def events(self, last: str = "", *, again: bool = True) -> Iterator[Event]:
        """Yield what changes, without end; after a break the stream is taken up again.

        last: id of the newest event that is known already.  again: else it ends with the stream.
        An event of the topic ``reload`` stands for what was missed.
        """
        parser = Parser(last)
        while True:
            headers = {"Last-Event-ID": parser.last_id} if parser.last_id else {}
            try:
                with self.wire.open("GET", "/events", headers=headers, timeout=_QUIET) as answer:
                    yield from read(_lines(answer), parser)
            except Failure as failure:
                if failure.code != "unreachable" or not again:
                    raise
                time.sleep(_PAUSE)
            if not again:
                return

    # Usage

    def usage(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        period: Period = "day",
        token: int | None = None,
        *,
        kinds: bool = False,
    ) -> UsageReport:
        """Return what programs used; a token reads its own.  kinds: a row for each kind of call."""
        query = {
            "since": None if since is None else _moment(since),
            "until": None if until is None else _moment(until),
            "period": period,
            "token": token,
            "kinds": kinds,
        }
        told: UsageReport = self.wire.call("GET", "/usage", query=query)
        return told

    def _walk(self, path: str, query: Query) -> Iterator[Json]:
        return walk(lambda page: self.wire.call("GET", path, query=page), query)

    def _ask(self, device: str, channel: str, purpose: str) -> dict[str, object]:
        return {"device": device, "channel": channel, "purpose": purpose}


def _code(code: str) -> str:
    return quote(code, safe="")


def _moment(at: Moment) -> str:
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    if moment.tzinfo is None:
        raise Failure("invalid", "a moment needs its zone")
    return moment.isoformat()


def _lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while line := answer.readline():
            yield line
    except (OSError, http.client.HTTPException) as error:
        raise unreachable("the stream of events", error) from error


def _copy(answer: http.client.HTTPResponse, write: Callable[[bytes], object]) -> None:
    """Hand over what comes, as far as it comes; raises Failure when the line breaks."""
    try:
        while data := answer.read(_CHUNK):
            write(data)
    except (OSError, http.client.HTTPException) as error:
        raise unreachable("the node", error) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
