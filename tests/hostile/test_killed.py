"""A node that is killed in the middle of a view: what the records say of it afterwards.

Once with the view just begun, once with figures of it in the store.
"""

import asyncio
import json
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tongshi.cli.main import main
from tongshi.testing.client import Client, Refused
from tongshi.testing.command import Command, free_port
from tongshi.testing.viewer import watch

pytestmark = pytest.mark.network

SECRET = secrets.token_hex(8)
CAMERA = "34020000001320000001"
CHANNEL = "34020000001310000001"
OTHER = "34020000001320000002"
ASK = {"device": CAMERA, "channel": CHANNEL, "purpose": "patrol"}


def write_settings(folder: Path) -> Path:
    path = folder / "tongshi.toml"
    path.write_text(
        f"""
        [node]
        data = "{folder}/data"
        [signalling]
        listen = "127.0.0.1:{free_port()}"
        password = "{SECRET}"
        [media]
        listen = "127.0.0.1"
        viewer_listen = "127.0.0.1:{free_port()}"
        ports_from = 0
        ports_to = 0
        [store]
        flush = 0.1
        [web]
        listen = "127.0.0.1:{free_port()}"
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


@contextmanager
def serving(path: Path) -> Iterator[tuple[Command, str, str]]:
    """Run a node; yield it, its address, and its first password where it makes one."""
    with Command("serve", "--config", str(path)) as command:
        web = command.line(lambda line: line.startswith("web 控制台")).split()[-1]
        told = [line.split()[-1] for line in command.out if "一次性密码" in line]
        yield command, web, told[0] if told else ""


@contextmanager
def simulating(path: Path) -> Iterator[Command]:
    sip = path.read_text("utf-8").split('listen = "')[1].split('"')[0]
    common = ["--platform", sip, "--size", "320x180", "--fps", "10", "--json", "--keepalive", "0.5"]
    environ = {"TONGSHI_SIMULATE_PASSWORD": SECRET}
    with Command("simulate", "camera", "--id", CAMERA, *common, environ=environ) as command:
        yield command


def hire(web: str, password: str) -> tuple[Client, Client, int]:
    """Return somebody who looks by a grant for the one camera, the auditor, and that grant."""
    admin = Client(web)
    admin.begin("admin", password)
    clients, numbers = [], []
    for role in ("operator", "audit"):
        given = admin.call("POST", "/people", {"name": role, "shown": role, "role": role})
        numbers.append(given["person"]["id"])
        clients.append(Client(web))
        clients[-1].begin(role, given["password"])
    grant = {
        "kind": "person",
        "subject": str(numbers[0]),
        "cameras": {"cameras": [{"device": CAMERA, "channel": CHANNEL}]},
        "rights": ["see", "live"],
    }
    return clients[0], clients[1], int(admin.call("POST", "/grants", grant)["id"])


def check_chain(path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what an offline verification says of the chain of the node in *path*."""
    assert main(["audit", "export", str(file), "--config", str(path)]) == 0
    capsys.readouterr()
    status = main(["audit", "verify", str(file), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert status == 0, report
    assert isinstance(report, dict)
    return report


@contextmanager
def watching(officer: Client) -> Iterator[None]:
    """Watch the camera, until the node is gone."""
    url = str(officer.call("POST", "/live?wait=30", ASK)["url"])
    with ThreadPoolExecutor(1) as threads:
        look = threads.submit(
            lambda: asyncio.run(watch(url, messages=10**9, within=60.0, cookie=officer.cookie))
        )
        until(lambda: [one for one in officer.call("GET", "/live") if one["state"] == "watched"])
        yield
        assert look.result().messages > 0


def test_a_view_that_a_kill_cuts_off_stands_in_the_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_settings(tmp_path)
    with serving(path) as (command, web, password):
        officer, auditor, grant = hire(web, password)
        with simulating(path):
            until(lambda: len(officer.call("GET", "/channels")["rows"]))
            until(lambda: officer.call("GET", "/counts")["cameras"]["online"] == 1)
            with pytest.raises(Refused) as refused:
                officer.call("POST", "/live", {**ASK, "device": OTHER})
            assert refused.value.status == 404
            with watching(officer):
                begun = time.time()
                command.send(signal.SIGKILL)
                assert command.wait() == -signal.SIGKILL
    check_chain(path, tmp_path / "killed.jsonl", capsys)
    with serving(path) as (command, _, _):
        [row] = auditor.call("GET", "/register")["rows"]
        look, ending = row["look"], row["ending"]
        assert (look["person"], look["purpose"], look["grant_id"]) == ("operator", "patrol", grant)
        assert (look["device_id"], look["channel_id"]) == (CAMERA, CHANNEL)
        assert ending["how"] == "process-ended"
        assert look["at"] <= ending["at"] <= time.time()
        assert ending["at"] <= begun + 30.0, "when it was last known to live, not when it restarted"
        assert ending["watched"] is None or ending["watched"] >= 0.0
        assert officer.call("GET", "/live") == []
        auditor.call("POST", "/audit/verify")
        command.send(signal.SIGKILL)  # again, with the verification under way
        command.wait()
    with serving(path) as (command, _, _):
        assert auditor.call("GET", "/register")["rows"] == [row], "ended once, and stays"
        command.send(signal.SIGTERM)
        assert command.wait() == 0
    report = check_chain(path, tmp_path / "after.jsonl", capsys)
    assert report["holds"] is True
