"""The demonstration: its settings, its start and end, and one whole check as people run it."""

import argparse
import json
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tongshi.app.door import rules_of
from tongshi.cli import demo
from tongshi.cli.staff import Post
from tongshi.errors import Invalid
from tongshi.testing.client import Client
from tongshi.testing.command import Command, children

CHECKS = [
    "start",
    "sign-in",
    "registered",
    "catalogs",
    "live.udp",
    "live.tcp-passive",
    "live.tcp-active",
    "loss",
    "transcode",
    "snapshot",
    "shared",
    "failures",
    "offline",
    "records",
    "playback",
    "end-of-file",
    "download",
    "resume",
    "queries",
    "ptz",
    "configuration",
    "pictures",
    "alarms",
    "positions",
    "changes",
    "subscriptions",
    "talk",
    "profiles",
    "admission",
    "upgrade",
    "trace",
    "approval",
    "break-glass",
    "leaks",
    "tokens",
    "audit",
    "register",
    "closed",
    "stop",
]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TONGSHI_")]:
        monkeypatch.delenv(name)


def test_a_check_disturbs_nobody(tmp_path: Path) -> None:
    given = demo.settings_for(tmp_path, "127.0.0.1", check=True)
    assert given.node.data == str(tmp_path)
    addresses = (given.signalling.listen, given.media.viewer_listen, given.web.listen)
    assert addresses == ("127.0.0.1:0",) * 3


def test_a_show_asks_administrators_for_no_codes_and_a_check_does(tmp_path: Path) -> None:
    given = demo.settings_for(tmp_path, "127.0.0.1", check=True)
    assert rules_of(given).administrators_totp
    assert not rules_of(demo.relax(given)).administrators_totp
    strict = replace(given, access=replace(given.access, totp="everybody"))
    assert demo.relax(strict) == strict


@pytest.mark.network
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_show_takes_its_usual_ports_or_others(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "_WEB", port)
        given = demo.settings_for(tmp_path, host, check=False)
        assert given.web.listen == f"{host}:0"
        assert demo.free(host, port) == 0
    assert demo.free(host, port) == port
    assert demo.settings_for(tmp_path, host, check=False).web.listen == f"{host}:{port}"


def test_the_environment_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGSHI_MEDIA_WORKERS", "2")
    monkeypatch.setenv("TONGSHI_SIMULATE_PASSWORD", "of simulated devices")
    assert demo.settings_for(tmp_path, "127.0.0.1", check=True).media.workers == 2
    monkeypatch.setenv("TONGSHI_MEDIA_WORKERS", "many")
    with pytest.raises(Invalid, match=r"media\.workers is not a whole number"):
        demo.settings_for(tmp_path, "127.0.0.1", check=True)


def test_arguments() -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    given = parser.parse_args([])
    assert (given.data, given.host, given.check, given.json) == (None, "127.0.0.1", False, False)


@pytest.mark.network
def test_a_show_tells_where_it_is_and_ends_in_order(tmp_path: Path) -> None:
    environ = {"TONGSHI_WEB_LISTEN": "127.0.0.1:0", "TONGSHI_MEDIA_VIEWER_LISTEN": "127.0.0.1:0"}
    with Command("demo", "--data", str(tmp_path), environ=environ) as command:
        opened = command.line(lambda line: line.startswith("Open 打开"))
        rows = {line.split()[0]: line.split()[1] for line in command.out if line.count("  ") > 1}
        assert {post.value for post in Post} <= set(rows)
        client = Client(opened.split()[-1])
        for post in (Post.SECURITY, Post.OFFICER):
            assert client.sign_in(post.value, rows[post.value])["must_change"]
        client.change_password(rows[Post.OFFICER.value], "a sentence for the show")
        assert client.call("GET", "/session")["first"] == ""
        started = children(command.pid)
        assert len(started) == 2, "a gateway worker and the devices"
        command.send(signal.SIGTERM)
        assert command.wait() == 0
        assert "stopping / 正在停止" in command.out
        assert [line for line in command.err if "open_files" not in line] == []
    assert (tmp_path / "tongshi.db").exists()


@pytest.mark.network
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_is_interrupted_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    environ = {"TMPDIR": str(tmp_path)}
    with Command("--log", "info", "demo", "--check", "--json", environ=environ) as command:
        command.said(lambda line: "event=started" in line)
        [folder] = [path for path in tmp_path.iterdir() if path.name.startswith("tongshi-demo-")]
        command.send(number)
        assert command.wait() == 130
        assert not folder.exists()
        assert command.out == []
        assert not [line for line in command.err if "Traceback" in line or "Warning:" in line]


@pytest.mark.network
def test_a_check_that_cannot_start_says_why() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        environ = {"TONGSHI_WEB_LISTEN": address}
        with Command("demo", "--check", "--json", environ=environ) as command:
            assert command.wait() == 1
            told = json.loads("\n".join(command.out))
    assert told["ok"] is False
    start, stop = told["checks"]
    assert (start["name"], start["ok"], stop["ok"]) == ("start", False, True)
    assert address in start["detail"]


@pytest.mark.interop
def test_the_whole_check() -> None:
    """All register, catalogs complete, every camera watched over each transport, nothing left."""
    with Command("demo", "--check", "--json") as command:
        status = command.wait(within=300.0)
        text = "\n".join(command.out)
        assert status == 0, text + "\n".join(command.err)
    told = json.loads(text)
    assert set(told) == {"ok", "checks", "figures"}
    assert told["ok"] is True
    assert [check["name"] for check in told["checks"]] == CHECKS
    for check in told["checks"]:
        assert set(check) == {"name", "ok", "detail"}
        assert check["ok"] is True
    figures = told["figures"]
    assert all(isinstance(value, int | float) for value in figures.values())
    for way in ("udp", "tcp_passive", "tcp_active"):
        assert figures[f"first_picture_{way}_median_ms"] > 0
