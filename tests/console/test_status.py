from dataclasses import replace

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.console import status
from tongshi.errors import PeerRefused
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import Command, DeviceStatusAnswer, FormatSdCard, SdCard
from tongshi.gb28181.manscdp.response import Duty
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.signalling.commands import Commands, Fate

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
PLACE = f"/devices/{RECORDER}/status"
HX = {"HX-Request": "true"}


class Recorder(Commands):
    """A recorder with two cards, that tells how it is."""

    def __init__(self) -> None:
        self.refuses = False
        self.cards_held: tuple[SdCard, ...] = (
            SdCard(1, "SD1", "ok", None, 64000, 16000),
            SdCard(2, "", "formatting", 40, 0, None),
        )
        self.answer = DeviceStatusAnswer(
            1,
            RECORDER,
            online=True,
            status=Outcome.ERROR,
            reason="风扇",
            record=None,
            device_time="2023-11-15T06:13:30",
            duties=(Duty(CHANNEL, "ALARM"), Duty(CHANNEL, "odd")),
        )
        self.formatted: list[Command] = []

    async def status(self, device_id: str, target_id: str) -> DeviceStatusAnswer:
        if self.refuses:
            raise PeerRefused("no", status=403, stage="query")
        return self.answer

    async def cards(self, device_id: str, target_id: str) -> Gathered[SdCard]:
        return Gathered(self.cards_held, 1, 2, 2, 0, 0, 0, 0, True, None)

    async def control(self, device_id: str, channel_id: str, command: Command) -> Fate:
        if self.refuses:
            raise PeerRefused("no", status=403, stage="query")
        self.formatted.append(command)
        return Fate.DELIVERED


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def parts(parts: Parts, recorder: Recorder) -> Parts:
    return replace(parts, commands=recorder)


def test_the_page_leads_to_device_and_channels(operator: httpx.Client) -> None:
    text = operator.get(f"{PLACE}?channel={CHANNEL}").text
    assert f'<option value="{CHANNEL}" selected>' in text
    assert f"{PLACE}/word?channel={CHANNEL}" in text


def test_its_own_word_with_unknown_as_a_state_of_its_own(operator: httpx.Client) -> None:
    text = operator.get(f"{PLACE}/word", headers=HX).text
    assert text.count("not told") == 2  # encoding and recording
    assert "风扇" in text
    assert "2023-11-15 06:13:30" in text
    assert "10 s from ours" in text
    assert ">Alarm<" in text
    assert ">odd<" in text


def test_a_clock_that_cannot_be_read(operator: httpx.Client, recorder: Recorder) -> None:
    recorder.answer = replace(recorder.answer, device_time="", status=Outcome.UNKNOWN)
    text = operator.get(f"{PLACE}/word?channel={CHANNEL}", headers=HX).text
    assert "from ours" not in text


def test_a_refusal_in_its_place(operator: httpx.Client, recorder: Recorder) -> None:
    recorder.refuses = True
    assert "The device forbids it" in operator.get(f"{PLACE}/word", headers=HX).text


def test_cards_with_their_space_and_progress(
    operator: httpx.Client, admin: httpx.Client, recorder: Recorder
) -> None:
    text = operator.get(f"{PLACE}/cards", headers=HX).text
    assert "16.0 GB free of 64.0 GB" in text
    assert "40%" in text
    assert 'hx-trigger="load delay:3s"' in text
    assert "status/format" not in text
    assert "status/format" in admin.get(f"{PLACE}/cards", headers=HX).text
    recorder.cards_held = ()
    assert "has no cards" in operator.get(f"{PLACE}/cards", headers=HX).text


def test_a_card_is_formatted_or_it_says_why_not(
    admin: httpx.Client, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "BEGUN", 0.0)
    text = admin.post(f"{PLACE}/format", data={"card": "2"}).text
    assert "Format · Delivered" in text
    assert recorder.formatted == [FormatSdCard(2)]
    recorder.refuses = True
    refused = admin.post(f"{PLACE}/format", data={"card": "2"}).text
    assert "The peer refused" in refused
    assert "SD1" in refused
