import io
import logging

import pytest

from tongshi.cli.lines import Lines, spell_out

HOSTILE = [
    "x\r\n2026-01-01 00:00:00,000 WARNING tongshi event=forged",
    "x\n\nevent=forged",
    "x\x0bevent=forged",
    "x\x0cevent=forged",
    "x\x85event=forged",
    "x\u2028event=forged",
    "x\u2029event=forged",
    "x\x1b[2K\x1b[1Aevent=forged",
    "x\u202edegrof=tneve",
    "x\x00\x07\x08event=forged",
    "x\ud800event=forged",
]


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(Lines())
    logger = logging.Logger("tongshi.x")
    logger.addHandler(handler)
    return logger, told


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_one_event_is_one_line(log: tuple[logging.Logger, io.StringIO], text: str) -> None:
    logger, told = log
    logger.warning("event=refused device_id=%s", text)
    [line] = told.getvalue().splitlines()
    assert "event=refused device_id=x\\" in line
    assert line.isprintable()


def test_a_traceback_is_told_and_passes_for_no_event(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, told = log
    for text in HOSTILE:
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("event=defect")
    lines = told.getvalue().splitlines()
    events = [line for line in lines if not line.startswith("  | ")]
    assert len(events) == len(HOSTILE)
    assert all("ERROR tongshi.x event=defect" in line for line in events)
    assert any("ValueError: x" in line for line in lines)


def test_what_is_harmless_stays_as_it_is() -> None:
    text = "name=东门 <b> 🎥 value='a\\b'"
    assert spell_out(text) == text
