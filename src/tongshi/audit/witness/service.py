"""The witness file, and the way to the superior node.  Every method blocks: call in a thread.

A head is written to the store first and witnessed afterwards, so a witness never knows more than
the disk had.  What could not be witnessed is tried again with the next head.
"""

import errno
import http.client
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from tongshi.audit.chain import name_node
from tongshi.audit.head import Purpose, SignedHead, to_plain
from tongshi.audit.statement import Line, head_line, read_line, read_witness, write_line
from tongshi.audit.store import read_heads, read_last_head
from tongshi.clock import Clock
from tongshi.errors import Error, Exhausted, Invalid

_log = logging.getLogger(__name__)

AT_ONCE = 100
"""Heads in one message: some 45 KB of JSON."""
PATIENCE = 10.0
"""How long the superior may take to answer, s."""
RETRY = (5.0, 300.0)
"""Before a witness is tried again that could not be reached, s: at first, at the longest."""
TURNS = 20
"""Messages to one witness in a row, before the others have their turn."""
_ANSWER = 64 * 1024
_TAIL = 8 * 1024


class WitnessFile:
    """A file to which heads are only ever appended; each is on the disk before `append` returns.

    folder: chosen by the operator; made when it is not there.  node: names the file.
    """

    def __init__(self, folder: Path, node: str) -> None:
        self.path = folder / f"{node}.jsonl"

    def append(self, heads: Sequence[SignedHead]) -> None:
        """Write *heads* behind what is there; raises Exhausted when they cannot be."""
        text = "".join(write_line(head_line(signed)) for signed in heads)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if _is_torn(file):
                    text = "\n" + text
                content = text.encode("ascii")
                if os.write(file, content) < len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            fault = f"the witness file {self.path} cannot be written: {error.strerror}"
            raise Exhausted(fault, resource="disk") from None

    def last(self) -> SignedHead | None:
        """Return the head written last; None when there is none.  Raises Invalid, Exhausted."""
        try:
            with self.path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _TAIL))
                lines = file.read().decode("ascii", "replace").splitlines(keepends=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            fault = f"the witness file {self.path} cannot be read: {error.strerror}"
            raise Exhausted(fault, resource="disk") from None
        whole = [line for line in lines if line.endswith("\n") and line.strip()]
        return next(read_witness(whole[-1:]), None)


def _is_torn(file: int) -> bool:
    """Say whether the last line has no end: a power cut took it."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


class Superior:
    """The node that witnesses this one's heads.

    url: of its site, as ``https://host:port``.  token: the file with the secret it gave this node.
    Raises Invalid for an address that is none.
    """

    def __init__(self, url: str, token: Path) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or port == 0:
            raise Invalid(f"not the address of a node: {url[:200]!r}")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port
        self._path = f"{parts.path.rstrip('/')}/api/witness"
        self._token = token

    def push(self, key: bytes, heads: Sequence[SignedHead]) -> int:
        """Hand *heads* over and return the number of the newest that the superior has.

        Raises Exhausted when it cannot be reached, refuses, or answers with nonsense.
        """
        body = {"key": key.hex(), "heads": [to_plain(signed) for signed in heads]}
        try:
            secret = self._token.read_text("utf-8").strip()
            told = self._post(json.dumps(body).encode("ascii"), secret)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Exhausted(f"the superior takes no heads: {error}", resource="witness") from None
        number = told.get("number")
        if isinstance(number, bool) or not isinstance(number, int):
            raise Exhausted("the superior answers with nonsense", resource="witness")
        return number

    def _post(self, body: bytes, secret: str) -> Line:
        # No proxy of the surroundings, and nobody else gets the secret: redirections are refused.
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        try:
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            text = answer.read(_ANSWER).decode("utf-8", "replace")
            if answer.status != http.client.OK:
                raise http.client.HTTPException(f"status {answer.status}")
        finally:
            connection.close()
        return read_line(text)


@dataclass(slots=True)
class _Way:
    """One way to a witness.  after: number of the newest head there, None while nobody knows."""

    name: str
    send: Callable[[tuple[SignedHead, ...]], int]
    after: int | None
    fault: str = ""
    again_at: float = 0.0
    pause: float = 0.0


class Witnesses:
    """Every witness of one node, each with what it has not got yet.

    key: the node's public one.  folder: of the witness file.  superior: its address and the file of
    the secret.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        key: bytes,
        folder: Path | None,
        superior: tuple[str, Path] | None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ways: list[_Way] = []
        self._file: WitnessFile | None = None
        if folder is not None:
            self._file = WitnessFile(folder, name_node(key))
            self._ways.append(_Way("witness", self._write_down, 0))
        if superior is not None:
            push = partial(Superior(*superior).push, key)
            self._ways.append(_Way("superior", push, None))

    def resume(self) -> SignedHead | None:
        """Go on behind the head that the witness file has last, and return it, if there is one."""
        if self._file is None:
            return None
        try:
            last = self._file.last()
        except Error as error:
            _log.error("event=witness-unreadable why=%s", error)
            return None
        if last is not None:
            with self._engine.connect() as connection:
                newest = read_last_head(connection, Purpose.HEAD)
            number = newest.head.number if newest is not None else 0
            self._ways[0].after = min(last.head.number, number)
        return last

    def testify(self, *, last: bool = False) -> None:
        """Hand new heads to every witness.  last: those that could not be reached as well."""
        for way in self._ways:
            if last or self._clock.now() >= way.again_at:
                self._testify_by(way)

    def figures(self) -> Mapping[str, str]:
        """Return why each witness gets nothing; empty where all is well."""
        return {way.name: way.fault for way in self._ways}

    def _testify_by(self, way: _Way) -> None:
        try:
            for _ in range(TURNS):
                heads = self._waiting(way)
                if not heads:
                    break
                way.after = way.send(heads)
        except Error as error:
            first, longest = RETRY
            way.pause = min(2 * way.pause, longest) if way.fault else first
            way.again_at = self._clock.now() + way.pause
            if not way.fault:
                _log.error("event=witness-lost way=%s why=%s", way.name, error)
            way.fault = str(error)
            return
        if way.fault:
            _log.warning("event=witness-back way=%s after=%r", way.name, way.fault)
            way.fault, way.again_at = "", 0.0

    def _waiting(self, way: _Way) -> tuple[SignedHead, ...]:
        """Return what *way* has not got yet; the newest alone while nobody knows what it has.

        That is enough: a head vouches for everything before it.
        """
        with self._engine.connect() as connection:
            last = read_last_head(connection, Purpose.HEAD)
            if last is None or (way.after is not None and way.after >= last.head.number):
                return ()
            if way.after is None:
                return (last,)
            return read_heads(connection, Purpose.HEAD, way.after, AT_ONCE)

    def _write_down(self, heads: tuple[SignedHead, ...]) -> int:
        assert self._file is not None
        self._file.append(heads)
        return heads[-1].head.number
