"""``tongshi serve``: what it refuses and how it says so, how it starts, ends, dies and comes back.

The devices are processes of their own, so that either side can be killed in the middle of a view.
"""

import argparse
import asyncio
import json
import secrets
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tongshi.app.node import open_store
from tongshi.cli import serve
from tongshi.cli.main import main
from tongshi.settings import load
from tongshi.testing.client import Client, Refused
from tongshi.testing.command import Command, children, free_port, lives
from tongshi.testing.viewer import Watched, watch

pytestmark = pytest.mark.network

SECRET = secrets.token_hex(8)
UDP_CAMERAS = ["34020000001320000001", "34020000001320000002"]
TCP_CAMERA = "34020000001320000011"


def write_settings(folder: Path, *, keepalive: float = 60.0, more: str = "") -> Path:
    """Write the settings of a node that can be started again where it was."""
    path = folder / "tongshi.toml"
    path.write_text(
        f"""
        [node]
        data = "{folder}/data"
        [signalling]
        listen = "127.0.0.1:{free_port()}"
        password = "{SECRET}"
        keepalive = {keepalive}
        [media]
        listen = "127.0.0.1"
        viewer_listen = "127.0.0.1:{free_port()}"
        ports_from = 0
        ports_to = 0
        grace = 0.2
        [store]
        flush = 0.1
        [web]
        listen = "127.0.0.1:{free_port()}"
        {more}
        """,
        "utf-8",
    )
    return path


def until(met: Callable[[], object], within: float = 30.0) -> None:
    """Wait until *met*; the limit is for defects only."""
    end = time.monotonic() + within
    while not met():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


# What it refuses, in this process: one line, exit status 1


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that a start tells which must fail."""
    assert main(["serve", "--config", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    return line


def test_unusable_settings_are_told_all_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_settings(tmp_path, more="no_such = 1\n[media.x]\n")
    assert "[invalid]: settings are not usable: " in refused(path, capsys)
    path = write_settings(tmp_path, keepalive=0.0, more="no_such = 1")
    line = refused(path, capsys)
    assert line.startswith(
        "输入不合规则 / Input breaks a rule [invalid]: settings are not usable: "
    )
    assert "unknown setting web.no_such" in line
    assert "signalling.keepalive is below 0.1" in line
    assert "No such file" in refused(tmp_path / "missing.toml", capsys)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("part", "kind", "code"),
    [
        ("signalling", socket.SOCK_DGRAM, "conflict"),
        ("signalling", socket.SOCK_STREAM, "conflict"),
        ("web", socket.SOCK_STREAM, "conflict"),
        ("media", socket.SOCK_STREAM, "engine.failed"),
    ],
)
def test_an_occupied_port(
    part: str,
    kind: socket.SocketKind,
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_settings(tmp_path)
    given = load(path, {})
    address = {
        "signalling": given.signalling.listen,
        "web": given.web.listen,
        "media": given.media.viewer_listen,
    }[part]
    port = int(address.rpartition(":")[2])
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        line = refused(path, capsys)
    assert f"[{code}]: " in line
    assert str(port) in line
    assert not line.isascii()


def test_a_data_directory_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_settings(tmp_path)
    (tmp_path / "data").touch()
    assert "[invalid]: the data directory" in refused(path, capsys)


def test_a_store_of_a_later_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_settings(tmp_path)
    store = open_store(load(path, {}))
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    store.dispose()
    assert "[conflict]: the store has revision 'v9999'" in refused(path, capsys)


def test_a_file_that_is_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_settings(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tongshi.db").write_text("no database " * 1000)
    assert "the store" in refused(path, capsys)


# What needs no node


def test_settings_alone_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_settings(tmp_path)
    assert main(["serve", "--config", str(path), "--check"]) == 0
    assert not (tmp_path / "data").exists()
    path = write_settings(tmp_path, keepalive=-1)
    assert main(["serve", "--config", str(path), "--check"]) == 1
    assert "[invalid]" in capsys.readouterr().err


def test_what_devices_register_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_settings(tmp_path)
    assert main(["serve", "--config", str(path), "--device-password"]) == 0
    assert capsys.readouterr().out == f"{SECRET}\n"
    path.write_text(path.read_text("utf-8").replace(f'password = "{SECRET}"', ""), "utf-8")
    made = []
    for _ in range(2):
        assert main(["serve", "--config", str(path), "--device-password"]) == 0
        made.append(capsys.readouterr().out)
    assert made[0] == made[1]
    assert len(made[0]) == 17


def test_arguments() -> None:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    given = parser.parse_args([])
    assert (given.config, given.check, given.device_password) == (None, False, False)


# A node as a process


@dataclass(frozen=True)
class Staff:
    """Who is signed in at a node, wherever it is started again."""

    officer: Client
    auditor: Client


def hire(web: str, password: str) -> Staff:
    """Appoint a staff as the administrator of security, by the one-time *password* of serve."""
    admin = Client(web)
    admin.begin("admin", password)
    everything = {"kind": "role", "subject": "operator", "cameras": {"everything": True}}
    admin.call("POST", "/grants", {**everything, "rights": ["see", "live"]})
    clients = []
    for role in ("operator", "audit"):
        body = {"name": f"one-{role}", "shown": role, "role": role}
        clients.append(Client(web))
        clients[-1].begin(body["name"], admin.call("POST", "/people", body)["password"])
    return Staff(*clients)


class Platform:
    """A running ``tongshi serve`` and somebody who is signed in there."""

    def __init__(self, path: Path, command: Command, staff: Staff) -> None:
        self.path = path
        self.command = command
        self.staff = staff
        self.client = staff.officer
        given = load(path, {})
        self.sip = given.signalling.listen
        self.file = Path(given.node.data) / "tongshi.db"

    def rows(self, path: str) -> list[dict[str, Any]]:
        return list(self.client.call("GET", path)["rows"])

    def looks(self) -> list[dict[str, Any]]:
        """Return the access register, as the auditor reads it."""
        return list(self.staff.auditor.call("GET", "/register")["rows"])

    def counts(self) -> list[dict[str, int]]:
        told = self.client.call("GET", "/counts")
        return [told["devices"], told["cameras"]]

    def count(self, **states: int) -> bool:
        """Whether so many devices and cameras are in these states, and none in another."""
        expected = {"online": 0, "offline": 0, "unknown": 0, **states}
        return self.counts() == [expected, expected]

    def ask(self, device: str) -> str:
        channel = device.replace("132", "131", 1)
        body = {"device": device, "channel": channel, "purpose": "patrol"}
        return str(self.client.call("POST", "/live?wait=30", body)["url"])

    def watched(self) -> int:
        views = self.client.call("GET", "/live")
        return len([view for view in views if view["state"] == "watched"])

    def is_whole(self) -> bool:
        """Whether the store's file is sound."""
        with sqlite3.connect(self.file) as store:
            found = store.execute("PRAGMA integrity_check").fetchall()
        store.close()
        return found == [("ok",)]


@contextmanager
def running(path: Path, staff: Staff | None = None) -> Iterator[Platform]:
    """Start a node; the first time, hire a staff with the password that it prints."""
    with Command("serve", "--config", str(path)) as command:
        web = command.line(lambda line: line.startswith("web 控制台")).split()[-1]
        if staff is None:
            staff = hire(web, command.line(lambda line: "一次性密码" in line).split()[-1])
        yield Platform(path, command, staff)


@contextmanager
def simulating(platform: Platform) -> Iterator[list[Command]]:
    """Start two cameras that speak UDP and one that speaks TCP, and wait until all is known."""
    common = ["--platform", platform.sip, "--size", "320x180", "--gop", "10", "--json"]
    common += ["--keepalive", "0.5", "--fps", "10"]
    environ = {"TONGSHI_SIMULATE_PASSWORD": SECRET}
    with ExitStack() as stack:
        commands = [
            stack.enter_context(
                Command("simulate", "camera", "--id", first, *common, *rest, environ=environ)
            )
            for first, rest in (
                (UDP_CAMERAS[0], ["--count", "2"]),
                (TCP_CAMERA, ["--transport", "tcp"]),
            )
        ]
        until(lambda: platform.count(online=3))
        until(
            lambda: {row["catalog"]["state"] for row in platform.rows("/devices")} == {"complete"}
        )
        yield commands


def events(command: Command, name: str) -> list[dict[str, Any]]:
    """Return what a simulating process told of one kind."""
    told = [json.loads(line) for line in command.out]
    return [event for event in told if event["event"] == name]


@contextmanager
def watching(platform: Platform, devices: list[str]) -> Iterator[list[Future[Watched]]]:
    """Watch *devices* from threads until they end."""
    with ThreadPoolExecutor(len(devices)) as threads:
        looks = [
            threads.submit(
                lambda url: asyncio.run(
                    watch(url, messages=10**9, within=60.0, cookie=platform.client.cookie)
                ),
                platform.ask(device),
            )
            for device in devices
        ]
        until(lambda: platform.watched() == len(devices))
        yield looks


def test_a_start_and_an_end_with_every_level_of_the_log(tmp_path: Path) -> None:
    path = write_settings(tmp_path)
    for level, told in (("info", True), ("error", False)):
        with Command("--log", level, "serve", "--config", str(path)) as command:
            command.line(lambda line: line.startswith("web 控制台"))
            assert ("一次性密码" in "\n".join(command.out)) is told  # only the first time
            command.send(signal.SIGINT)
            assert command.wait() == 0
        events = [line.split("event=")[1].split()[0] for line in command.err if "event=" in line]
        assert (events[-2:] == ["started", "stopped"]) is told
        assert told or command.err == []
        assert command.out[-1] == "stopping / 正在停止"


def test_sigterm_during_the_start(tmp_path: Path) -> None:
    path = write_settings(tmp_path)
    with Command("serve", "--config", str(path)) as command:
        until((tmp_path / "data" / "tongshi.db").exists)
        command.send(signal.SIGTERM)
        assert command.wait() == 0
        assert not [line for line in command.err if "Traceback" in line or "Warning:" in line]
        assert "一次性密码" in "\n".join(command.out), "made, so it must be told"
    with running(path, Staff(Client(""), Client(""))) as platform:
        assert platform.is_whole()


def test_a_second_node_on_the_same_directory(tmp_path: Path) -> None:
    path = write_settings(tmp_path)
    with running(path) as platform, Command("serve", "--config", str(path)) as second:
        assert second.wait() == 1
        assert second.err == [
            "与当前状态冲突 / Conflicts with the present state [conflict]: "
            f"another node runs on the data directory {tmp_path}/data"
        ]
        assert platform.client.call("GET", "/health") == {"ok": True}


def test_sigterm_in_the_middle_of_views_loses_nothing(tmp_path: Path) -> None:
    path = write_settings(tmp_path, keepalive=3.0)
    devices = [*UDP_CAMERAS, TCP_CAMERA]
    with running(path) as platform, simulating(platform) as cameras:
        workers = children(platform.command.pid)
        with watching(platform, [*devices, *devices]) as looks:
            before = platform.rows("/channels")
            platform.command.send(signal.SIGTERM)
            assert platform.command.wait() == 0
            ends = [look.result().end for look in looks]
        assert [end and end["code"] for end in ends] == ["stopped"] * 6
        assert not [line for line in platform.command.err if "descriptors" not in line]
        assert not [worker for worker in workers if lives(worker)]
        for command, calls in zip(cameras, (2, 1), strict=True):
            assert len(events(command, "invited")) == calls
            until(lambda: len(events(command, "call-ended")) == calls)  # noqa: B023
            assert {event["why"] for event in events(command, "call-ended")} == {"ended by remote"}
        assert platform.is_whole()
        with running(path, platform.staff) as again:
            rows = again.looks()
            assert len(rows) == 6
            for row in rows:
                assert row["ending"]["how"] == "stopped"
                assert row["ending"]["watched"] > 0
                assert row["ending"]["bytes"] > 1000
            channels = [(row["device_id"], row["channel_id"]) for row in again.rows("/channels")]
            assert channels == [(row["device_id"], row["channel_id"]) for row in before]
            until(lambda: again.count(online=3))


def test_devices_that_do_not_answer_hold_up_no_end(tmp_path: Path) -> None:
    path = write_settings(tmp_path)
    with running(path) as platform, simulating(platform) as cameras:
        with watching(platform, [*UDP_CAMERAS, TCP_CAMERA]) as looks:
            for command in cameras:
                command.send(signal.SIGSTOP)
            platform.command.send(signal.SIGTERM)
            assert platform.command.wait() == 0
            assert [look.result().end is not None for look in looks] == [True] * 3
        for command in cameras:
            command.send(signal.SIGCONT)
        with running(path, platform.staff) as again:
            assert {row["ending"]["how"] for row in again.looks()} == {"stopped"}


def test_kill_and_restart_states_are_unknown_until_heard_from(tmp_path: Path) -> None:
    path = write_settings(tmp_path, keepalive=10.0)
    with running(path) as platform, simulating(platform) as cameras:
        workers = children(platform.command.pid)
        with watching(platform, [UDP_CAMERAS[0], TCP_CAMERA]) as looks:
            platform.command.send(signal.SIGKILL)
            assert platform.command.wait() == -signal.SIGKILL
            for look in looks:
                assert look.result().messages > 0
        until(lambda: not [worker for worker in workers if lives(worker)])
        assert platform.is_whole()
        for command in cameras:
            command.send(signal.SIGSTOP)  # so that nobody is heard from
        with running(path, platform.staff) as again:
            assert again.count(unknown=3)
            devices = again.rows("/devices")
            assert {row["state"] for row in devices} == {"unknown"}
            assert {row["catalog"]["state"] for row in devices} == {"complete"}
            assert {row["state"] for row in again.rows("/channels")} == {"unknown"}
            assert len(again.rows("/channels")) == 3
            endings = [row["ending"]["how"] for row in again.looks()]
            assert endings == ["process-ended"] * 2
            for command in cameras:
                command.send(signal.SIGCONT)
            until(lambda: again.count(online=3))
            for device in (*UDP_CAMERAS, TCP_CAMERA):
                seen = asyncio.run(
                    watch(
                        again.ask(device),
                        messages=10,
                        within=30.0,
                        cookie=again.client.cookie,
                    )
                )
                assert None not in seen.counters()
            again.command.send(signal.SIGTERM)
            assert again.command.wait() == 0
        assert platform.is_whole()


def test_devices_that_die_silently_are_offline_with_their_channels(tmp_path: Path) -> None:
    path = write_settings(tmp_path, keepalive=0.5)
    with running(path) as platform, simulating(platform) as (over_udp, over_tcp):
        over_udp.send(signal.SIGKILL)
        until(lambda: platform.count(online=1, offline=2))
        with pytest.raises(Refused) as refused:
            platform.ask(UDP_CAMERAS[0])
        assert refused.value.problem["code"] == "peer.offline"
        assert {row["state"] for row in platform.rows(f"/devices/{TCP_CAMERA}/channels")} == {
            "online"
        }
        over_tcp.send(signal.SIGKILL)
        until(lambda: platform.count(offline=3))
