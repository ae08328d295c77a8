import argparse
import io
import sys
from dataclasses import dataclass

import pytest

from tongshi.cli import main as subject
from tongshi.cli.main import COMMANDS, main, parser
from tongshi.errors import TITLES, Conflict, Error, Exhausted, Invalid


@dataclass(slots=True)
class Fake:
    """A command that takes one word and ends as it is told."""

    outcome: int | BaseException
    seen: str = ""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("word")

    def run(self, given: argparse.Namespace) -> int:
        self.seen = given.word
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    command = Fake(0)
    monkeypatch.setitem(COMMANDS, "fake", (command, "for tests / 测试"))
    return command


@pytest.mark.parametrize("status", [0, 1])
def test_the_command_s_status_is_the_exit_status(fake: Fake, status: int) -> None:
    fake.outcome = status
    assert main(["fake", "told"]) == status
    assert fake.seen == "told"


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (Invalid("settings are not usable", faults=("one", "two")), "输入不合规则"),
        (Conflict("address taken"), "与当前状态冲突"),
        (Exhausted("no port", resource="port"), "资源已用尽"),
        (Error("odd"), "内部错误"),
    ],
)
def test_an_error_is_one_line_in_both_languages(
    fake: Fake, error: Error, title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.outcome = error
    assert main(["fake", "x"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    chinese, english = TITLES[error.code]
    assert chinese == title
    assert told.err == f"{chinese} / {english} [{error.code}]: {error}\n"


def test_what_the_system_refuses_is_one_line(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.outcome = PermissionError(13, "Permission denied", "/etc/x")
    assert main(["fake", "x"]) == 1
    assert "The system refuses: [Errno 13] Permission denied" in capsys.readouterr().err


def test_a_defect_is_logged_with_its_place(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.outcome = ZeroDivisionError("a defect")
    assert main(["fake", "x"]) == 1
    assert "event=failed command=fake" in caplog.text
    assert "ZeroDivisionError: a defect" in caplog.text


def test_an_interrupt_is_no_failure_of_ours(fake: Fake) -> None:
    fake.outcome = KeyboardInterrupt()
    assert main(["fake", "x"]) == 130


@pytest.mark.parametrize("words", [[], ["no-such"], ["fake"], ["--log", "loud", "fake", "x"]])
def test_wrong_arguments_leave_with_2(fake: Fake, words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert fake.seen == ""


def test_a_terminal_that_lacks_the_characters(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(told, "ascii", write_through=True))
    fake.outcome = Conflict("端口")
    assert main(["fake", "x"]) == 1
    assert b"Conflicts with the present state [conflict]" in told.getvalue()


def test_a_stream_that_is_no_terminal(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    fake.outcome = Conflict("taken")
    assert main(["fake", "x"]) == 1
    assert told.getvalue().endswith("[conflict]: taken\n")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("tongshi 0.")


def test_every_command_explains_itself_in_both_languages() -> None:
    text = parser().format_help()
    for name, (_, words) in subject.COMMANDS.items():
        english, _, chinese = words.partition(" / ")
        assert english.isascii(), name
        assert chinese, name
        assert not chinese.isascii(), name
        assert name in text
