"""What ``tongshi bench signalling`` loads: our signalling, or Kamailio, each in its own process."""

import asyncio
import gc
import multiprocessing
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

import uvloop

from tongshi.cli.bench.process import children, pinned, processor_seconds
from tongshi.clock import SystemClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer
from tongshi.errors import EngineFailed
from tongshi.gateway.engines.null import Null
from tongshi.health.service import Health
from tongshi.health.status import Evidence
from tongshi.registry.state import State
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import DevicePresence, DevicesSeen, SignallingEvent
from tongshi.signalling.platform import Signalling
from tongshi.sim.load import Target

CORE = 0
"""The core of whoever is measured; the sender has the other."""
SERVER = "34020000002000000001"
_START = 15.0
_PATIENCE = 10.0  # s, for a program to answer its first request


class Registrar(Protocol):
    """A registrar in a process of its own.

    target: where it listens.  pid: of the process whose memory counts.
    """

    target: Target
    pid: int

    def spent(self) -> float:
        """Return its processor time so far, s."""

    def stop(self) -> None:
        """End it."""


class Ours:
    """This platform: signalling alone, with an engine that receives nothing.

    New devices are not asked for their catalogs: that is another benchmark's matter.
    """

    def __init__(self, password: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, line = context.Pipe()
        self._process = context.Process(target=_serve, args=(line, password), daemon=True)
        with pinned(CORE):
            self._process.start()
        self.pid = self._process.pid or 0
        port = self._ask("port")
        self.target = Target("127.0.0.1", port, password, SERVER)

    def settle(self) -> None:
        """Let it collect what nobody needs any more, so that memory can be compared."""
        self._ask("settle")

    def store(self, directory: Path) -> None:
        """Let it write presence to a new SQLite store in *directory* from now on."""
        self._ask(f"store {directory}")

    def spent(self) -> float:
        """Return its processor time so far, s."""
        return processor_seconds([self.pid])

    def stop(self) -> None:
        """End it."""
        self._line.send("stop")
        self._process.join(10)
        self._process.kill()
        self._line.close()

    def _ask(self, command: str) -> int:
        self._line.send(command)
        if not self._line.poll(_START):
            raise EngineFailed("the process under measurement does not answer", stage="worker")
        answer = self._line.recv()
        return int(answer)


class Kamailio:
    """Kamailio with one worker: registrations with digest in memory; 200 to every MESSAGE.

    It does not look up who sent a MESSAGE.  directory: for its configuration and pid file.
    """

    def __init__(self, password: str, directory: Path) -> None:
        port = _free_port()
        self.target = Target("127.0.0.1", port, password, SERVER)
        config = directory / "kamailio.cfg"
        words = {"port": str(port), "password": password, "realm": self.target.realm}
        config.write_text(_fill(words), "utf-8")
        log = directory / "kamailio.log"
        program = kamailio()
        if program is None:
            raise EngineFailed("kamailio is not installed", stage="worker")
        command = [program, "-f", str(config), "-DD", "-E", "-m", "1024", "-M", "32"]
        command += ["-Y", str(directory), "-w", str(directory)]
        with pinned(CORE), log.open("wb") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        self.pid = self._process.pid
        self._wait(port, log)

    def spent(self) -> float:
        """Return the processor time of all its processes so far, s."""
        return processor_seconds([self.pid, *children(self.pid)])

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, port: int, log: Path) -> None:
        """Return once it answers."""
        ask = _OPTIONS.format(port=port).encode("ascii")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", port))
            sock.settimeout(0.2)
            end = time.monotonic() + _PATIENCE
            while time.monotonic() < end:
                try:
                    sock.send(ask)
                    sock.recv(4096)
                except OSError:
                    time.sleep(0.1)
                else:
                    return
        self.stop()
        raise EngineFailed(
            f"kamailio did not start: {log.read_text('utf-8')[-500:]}", stage="worker"
        )


def kamailio() -> str | None:
    """Return the path of Kamailio, None when it is not installed."""
    return shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _serve(line: Connection, password: str) -> None:
    uvloop.run(_run(line, password))


async def _run(line: Connection, password: str) -> None:
    """Carry a platform until told to stop; the other end of *line* asks."""
    settings = SignallingSettings(id=SERVER, listen="127.0.0.1:0")
    signalling = Signalling(
        settings, MediaSettings(), Null(), password_of=lambda device_id: password, ask=False
    )
    await signalling.start()
    stopped = asyncio.Event()
    with ExitStack() as held:

        def answer() -> None:
            command, _, rest = line.recv().partition(" ")
            match command:
                case "port":
                    line.send(int(signalling.addresses[0].rpartition(":")[2]))
                case "settle":
                    line.send(gc.collect())
                case "store":
                    signalling.subscribe(_open_store(Path(rest), signalling, held))
                    line.send(0)
                case _:
                    stopped.set()

        loop = asyncio.get_running_loop()
        loop.add_reader(line.fileno(), answer)
        await stopped.wait()
        loop.remove_reader(line.fileno())
        await signalling.stop()


class _Recorder:
    """Hands presence to the store as the node does, and every sign of life at each flush."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def __call__(self, event: SignallingEvent) -> None:
        if isinstance(event, DevicesSeen):
            self._health.record_seen(event.seen)
            self._health.note_proofs()
        elif isinstance(event, DevicePresence):
            state = State(event.state.value)
            evidence = Evidence(state, event.why.value, event.at, event.last_proof)
            self._health.record(event.device_id, evidence)


def _open_store(directory: Path, signalling: Signalling, held: ExitStack) -> _Recorder:
    """Return what writes to a new store; every device that is known is written first."""
    engine = connect(f"sqlite:///{directory}/tongshi.db")
    held.callback(engine.dispose)
    upgrade(engine)
    writer = Writer(engine)
    held.callback(writer.close)
    health = Health(engine, writer, SystemClock())
    for device in signalling.devices():
        state = State(device.state.value)
        wall = device.last_proof or 0.0
        health.record(device.device_id, Evidence(state, device.why.value, wall, wall))
    writer.flush()
    return _Recorder(health)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _fill(words: dict[str, str]) -> str:
    text = _CONFIG
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


_OPTIONS = (
    "OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKa\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)
_CONFIG = """#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:@port@
loadmodule "textops.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "hash_size", 16)
modparam("registrar", "max_expires", 86400)
modparam("auth", "qop", "auth")

request_route {
    if (is_method("MESSAGE|OPTIONS")) {
        sl_send_reply("200", "OK");
        exit;
    }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("@realm@", "@password@", "0")) {
            www_challenge("@realm@", "1");
            exit;
        }
        save("location");
        exit;
    }
    sl_send_reply("405", "Method Not Allowed");
}
"""
