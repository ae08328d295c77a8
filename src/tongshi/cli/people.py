"""``tongshi people``: what only the machine itself may do to an account."""

import argparse
import os
import sys
from pathlib import Path

from tongshi.app.door import open_door
from tongshi.app.node import open_store
from tongshi.audit.entry import Actor
from tongshi.clock import SystemClock
from tongshi.db.writer import Writer
from tongshi.settings import load

MACHINE = Actor(person="tongshi people")
"""Who did it, in the audit chain: whoever has the machine."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare one sub-command an act."""
    below = parser.add_subparsers(dest="act", required=True, metavar="act")
    words = "new one-time password, second factor off / 重置密码并解除动态口令"
    reset = below.add_parser("reset", help=words, description=words)
    reset.add_argument("name", help="who / 用户名")
    reset.add_argument("--config", type=Path, help="settings of the node, TOML / 设置文件")


def run(given: argparse.Namespace) -> int:
    """Reset an account, also of the last administrator, also while the node runs; it is audited.

    A closed account stays closed, an end date stays.
    """
    settings = load(given.config, os.environ)
    store = open_store(settings)
    try:
        writer = Writer(store)
        try:
            people = open_door(settings, store, writer, SystemClock()).people
            made = people.reset(people.named(given.name).id, MACHINE, factor=True)
        finally:
            writer.close()
    finally:
        store.dispose()
    sys.stdout.write(
        f"name 用户名 {made.name}\n"
        f"one-time password 一次性密码 {made.password}\n"
        "opens once, within 24 hours 24 小时内一次有效\n"
    )
    return 0
