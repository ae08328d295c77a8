"""``tongshi demo``: a node and a small town of simulated devices, in one go."""

import argparse
import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tongshi.app.node import Node
from tongshi.cli.loop import run as run_loop
from tongshi.cli.loop import stop_event
from tongshi.cli.serve import addresses
from tongshi.cli.staff import Member, Post, appoint, describe
from tongshi.cli.town import Town
from tongshi.cli.trial.run import try_all
from tongshi.cli.trial.verdict import Verdict
from tongshi.settings import Settings, load
from tongshi.settings.access import NOBODY
from tongshi.sim.town import demo_town

_WEB, _VIEWERS = 8080, 8081


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--data", type=Path, help="keep the data here / 数据目录，缺省为临时目录")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address of console and pictures / 控制台地址"
    )
    parser.add_argument(
        "--check", action="store_true", help="run the whole chain without a browser / 自检"
    )
    parser.add_argument("--json", action="store_true", help="with --check: one JSON object")


def run(given: argparse.Namespace) -> int:
    """Run the demonstration until a signal, or its check; 0 only when everything held."""
    with _data(given.data) as folder:
        settings = settings_for(folder, given.host, check=given.check)
        if not given.check:
            return run_loop(show(settings))
        verdict = run_loop(examine(settings))
    sys.stdout.write((verdict.as_json() if given.json else verdict.as_text()) + "\n")
    return 0 if verdict.ok else 1


def settings_for(folder: Path, host: str, *, check: bool) -> Settings:
    """Return settings for a demonstration on this machine; the environment still overrides them.

    check: shorter waits, and free ports only, so that it disturbs nobody.
    """
    given = {
        "TONGSHI_NODE_NAME": "通视镇 Tongshi Town",
        "TONGSHI_NODE_DATA": str(folder),
        "TONGSHI_SIGNALLING_LISTEN": "127.0.0.1:0",
        "TONGSHI_SIGNALLING_KEEPALIVE": "1" if check else "5",
        "TONGSHI_MEDIA_LISTEN": "127.0.0.1",
        "TONGSHI_MEDIA_TRANSCODES": "6",
        "TONGSHI_MEDIA_GRACE": "0.2" if check else "10",
        "TONGSHI_MEDIA_FIRST_MEDIA": "3" if check else "10",
        "TONGSHI_MEDIA_VIEWER_LISTEN": f"{host}:{0 if check else free(host, _VIEWERS)}",
        "TONGSHI_WEB_LISTEN": f"{host}:{0 if check else free(host, _WEB)}",
    }
    return load(None, {**given, **os.environ})


def relax(settings: Settings) -> Settings:
    """Return *settings* without one-time codes for administrators, to be tried without a device.

    Only a demonstration can have them so; who asks for codes from everybody keeps them.
    """
    if settings.access.totp != "administrators":
        return settings
    return replace(settings, access=replace(settings.access, totp=NOBODY))


def free(host: str, port: int) -> int:
    """Return *port* if it can be listened on, else 0 for any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return 0
    return port


async def show(settings: Settings) -> int:
    """Run node and devices until a signal."""
    stop = stop_event()
    settings = relax(settings)
    async with Node(settings) as node, Town(node):
        staff = await asyncio.to_thread(appoint, node)
        sys.stdout.write(guide(node, staff))
        sys.stdout.flush()
        await stop.wait()
        sys.stdout.write("\nstopping / 正在停止\n")
        sys.stdout.flush()
    return 0


async def examine(settings: Settings) -> Verdict:
    """Run node and devices, and hold them against what must hold."""
    verdict = Verdict()
    async with contextlib.AsyncExitStack() as stack:
        async with verdict.check("start") as seen:
            node = await stack.enter_async_context(Node(settings))
            town = await stack.enter_async_context(Town(node))
            seen(", ".join(node.signalling.addresses))
        if verdict.ok:
            await try_all(node, town, demo_town(), verdict)
        async with verdict.check("stop"):
            await stack.aclose()
    return verdict


def guide(node: Node, staff: Mapping[Post, Member]) -> str:
    """Return what to do, and as whom.  staff: empty where the accounts are from another time."""
    told = describe(staff) if staff else _KEPT
    lines = [*addresses(node), "", told, ""]
    if node.settings.access.totp == NOBODY:
        lines += [_RELAXED, ""]
    return "\n".join([*lines, f"Open 打开  {node.web_address}", _STEPS])


_KEPT = "accounts and passwords as before 账户与密码同前"
_RELAXED = """administrators need no one-time codes here; `tongshi serve` requires them
演示中管理员无需动态口令；正式运行（tongshi serve）必须绑定"""
_STEPS = """
Sign in as officer, choose Live, fill the wall; then as newcomer, who has to ask for it first.
End with Ctrl-C.
以 officer 登录，进入“实时”，铺满画面墙；再以 newcomer 登录，须先申请。按 Ctrl-C 结束。
"""


@contextlib.contextmanager
def _data(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tongshi-demo-") as name:
        yield Path(name)
