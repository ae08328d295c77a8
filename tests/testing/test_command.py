import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tongshi.errors import PeerSilent
from tongshi.testing.command import Command, children, free_port, lives

pytestmark = pytest.mark.network


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that says what it was given, then waits for the end of its input."""
    text = (
        "import os, sys\n"
        "print(*sys.argv[1:], *(name for name in os.environ if name.startswith('TONGSHI_')))\n"
        "print('trouble', file=sys.stderr)\n"
        "sys.exit(len(sys.stdin.read()) + 3)\n"
    )
    (tmp_path / "told_by_tests.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "told_by_tests"


def test_a_process_is_read_signalled_and_waited_for(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGSHI_WEB_LISTEN", "not handed on")
    with Command("one", "two", environ={"TONGSHI_GIVEN": "1"}, module=script) as command:
        assert command.line(lambda line: line.startswith("one")) == "one two TONGSHI_GIVEN"
        assert command.said(lambda line: line.startswith("trou")) == "trouble"
        assert lives(command.pid)
        assert command.pid in children(os.getpid())
        with pytest.raises(PeerSilent, match="instead: one two"):
            command.line(lambda line: line == "three", within=0.01)
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(within=0.01)
        command.send(signal.SIGTERM)
        assert command.wait() == -signal.SIGTERM
        assert command.err == ["trouble"]
    assert not lives(command.pid)


def test_one_that_ends_is_not_waited_for(script: str) -> None:
    with Command(module=script) as command:
        command.say("ab")
        command.close_input()
        with pytest.raises(PeerSilent, match="trouble"):
            command.line(lambda line: line == "three")
        assert command.wait() == 3 + len("ab\n")


def test_one_that_goes_on_is_killed_at_the_end(script: str) -> None:
    with Command(module=script) as command:
        assert lives(command.pid)
    assert command.wait() == -signal.SIGKILL
    assert not lives(command.pid)


def test_a_free_port_can_be_had_for_udp_and_tcp() -> None:
    port = free_port()
    assert 20_000 <= port < 30_000
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as probe:
            probe.bind(("127.0.0.1", port))


def test_what_was_never_there_does_not_live() -> None:
    assert not lives(0)
    assert children(0) != []  # the first process of the machine has no parent but 0
