"""The entry point: one parser, one command a module, one place where failures become exit codes."""

import argparse
import io
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol

from tongshi.cli import audit, benchmark, demo, pages, people, serve, simulate
from tongshi.cli.lines import Lines
from tongshi.errors import TITLES, Error

_LOG = logging.getLogger(__name__)


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, given: argparse.Namespace) -> int:
        """Do it; return the exit status."""


COMMANDS: dict[str, tuple[Command, str]] = {
    "serve": (serve, "run a node / 运行节点"),
    "demo": (demo, "a node with simulated cameras / 演示：节点加模拟摄像机"),
    "simulate": (simulate, "cameras and recorders against any platform / 模拟设备"),
    "audit": (audit, "export and verify the audit chain / 导出与校验审计链"),
    "people": (people, "reset an account on the machine itself / 在本机重置账户"),
    "bench": (benchmark, "measure this machine / 性能测量"),
    "docs": (pages, "write the generated pages / 生成文档"),
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="tongshi", description="通视: the open, accountable video network over GB/T 28181"
    )
    top.add_argument("--version", action="version", version=f"tongshi {version('tongshi')}")
    top.add_argument("--log", default="warning", choices=["debug", "info", "warning", "error"])
    below = top.add_subparsers(dest="command", required=True, metavar="command")
    for name, (command, words) in COMMANDS.items():
        command.add_arguments(below.add_parser(name, help=words, description=words))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when done, 1 when it failed, 130 when interrupted.

    Wrong arguments leave by SystemExit with 2.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character stops nobody
            stream.reconfigure(errors="replace")
    given = parser().parse_args(arguments)
    to = logging.StreamHandler()
    to.setFormatter(Lines())
    logging.basicConfig(level=given.log.upper(), handlers=[to])
    command, _ = COMMANDS[given.command]
    try:
        return command.run(given)
    except KeyboardInterrupt:
        return 130
    except Error as error:
        chinese, english = TITLES[error.code]
        sys.stderr.write(f"{chinese} / {english} [{error.code}]: {error}\n")
    except OSError as error:
        sys.stderr.write(f"系统拒绝 / The system refuses: {error}\n")
        _LOG.debug("event=refused command=%s", given.command, exc_info=True)
    except Exception:
        _LOG.exception("event=failed command=%s", given.command)
    return 1


if __name__ == "__main__":
    sys.exit(main())
