"""``tongshi serve``: one node, until SIGTERM or SIGINT."""

import argparse
import os
import sys
from pathlib import Path

from tongshi.app.node import Node, device_password, open_store
from tongshi.cli.loop import run as run_loop
from tongshi.cli.loop import stop_event
from tongshi.settings import Settings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help="settings, TOML / 设置文件")
    parser.add_argument(
        "--check", action="store_true", help="read the settings and stop / 只检查设置"
    )

    parser.add_argument(
        "--device-password",
        action="store_true",
        help="print what devices register with and stop / 显示设备注册密码",
    )


def run(given: argparse.Namespace) -> int:
    """Run a node; every open session is ended with a BYE and everything known is written."""
    settings = load(given.config, os.environ)
    if given.check:
        return 0
    if given.device_password:
        store = open_store(settings)
        sys.stdout.write(device_password(settings, store) + "\n")
        store.dispose()
        return 0
    return run_loop(serve(settings))


async def serve(settings: Settings) -> int:
    """Run a node with *settings* until a signal; return the exit status."""
    stop = stop_event()
    async with Node(settings) as node:
        tell(node)
        await stop.wait()
        sys.stdout.write("stopping / 正在停止\n")
        sys.stdout.flush()
    return 0


def addresses(node: Node) -> list[str]:
    """Return lines that say where the node is to be found."""
    return [
        f"SIP      {', '.join(node.signalling.addresses)}",
        f"web 控制台 {node.web_address}",
    ]


def tell(node: Node) -> None:
    """Say where the node is to be found, and once the first password."""
    lines = addresses(node)
    if node.first is not None:
        lines += [
            f"name 用户名 {node.first.name}",
            f"one-time password 一次性密码 {node.first.password}",
            "shown once; change it at the first sign-in 只显示一次，首次登录须修改",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
