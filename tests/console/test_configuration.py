from dataclasses import replace

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.console.configuration import choices
from tongshi.errors import Error, PeerSilent
from tongshi.gb28181.manscdp import BLOCKS, BasicParam, Block, FrameMirror, OsdConfig
from tongshi.gb28181.manscdp.config import OsdText
from tongshi.signalling.commands import Commands, Fate
from tongshi.signalling.configuration import Configuration, Configured, Written, compare

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
PLACE = f"/devices/{RECORDER}/config"
HX = {"HX-Request": "true"}


class Memory(Configuration):
    """A device's settings.  held: by type.  keeps: whether it takes what it is told."""

    def __init__(self) -> None:
        self.held: dict[str, Block] = {
            "BasicParam": BasicParam("东门", 3600, 60, 3),
            "OSDConfig": OsdConfig(1920, 1080, 10, 10, True, 0, True, (OsdText("一", 1, 2),)),
        }
        self.keeps = True
        self.silent = False
        self.fate = Fate.CONFIRMED
        self.asked: list[tuple[str, str]] = []

    async def read(self, device_id: str, channel_id: str, types: object) -> Configured:
        assert isinstance(types, list)
        self.asked.append((device_id, channel_id))
        lacking: dict[str, Error] = {
            name: PeerSilent("nothing", timer="answer", stage="answer")
            for name in types
            if name not in self.held
        }
        return Configured({name: self.held[name] for name in types if name in self.held}, lacking)

    async def write(self, device_id: str, channel_id: str, block: Block) -> Written:
        if self.silent:
            raise PeerSilent("no answer", timer="F", stage="query")
        self.asked.append((device_id, channel_id))
        if self.keeps:
            self.held[block.WIRE] = block
        kept = self.held.get(block.WIRE)
        if kept is None:
            why = PeerSilent("nothing", timer="answer", stage="answer")
            return Written(self.fate, None, (), why)
        return Written(self.fate, kept, compare(block, kept))


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def parts(parts: Parts, memory: Memory) -> Parts:
    return replace(parts, configuration=memory)


def post(admin: httpx.Client, block: str, more: str = "", **fields: str) -> str:
    given = {"-purpose": "maintenance"} | {name.replace("__", "."): v for name, v in fields.items()}
    return admin.post(f"{PLACE}/{block}{more}", data=given, headers=HX).text


def test_every_block_has_a_form_but_the_order_of_pictures(admin: httpx.Client) -> None:
    text = admin.get(PLACE).text
    assert len(choices()) == len(BLOCKS) - 1
    for choice in choices():
        assert f"?block={choice.wire}" in text
    assert "SnapShotConfig" not in text
    assert 'hx-get="/devices/34020000001180000001/config/BasicParam?channel="' in text
    assert "2022" in text
    chosen = admin.get(f"{PLACE}?block=OSDConfig&channel={CHANNEL}").text
    assert f"config/OSDConfig?channel={CHANNEL}" in chosen


@pytest.mark.parametrize("choice", choices(), ids=lambda choice: choice.wire)
def test_every_form_can_be_drawn_with_nothing_known(admin: httpx.Client, choice: object) -> None:
    wire = getattr(choice, "wire", "")
    text = admin.get(f"{PLACE}/{wire}", headers=HX).text
    if wire not in ("BasicParam", "OSDConfig"):
        assert "The present values are not known" in text
        assert "The peer did not answer" in text
    assert ("Send to the device" in text) == (wire != "VideoParamOpt")


def test_what_a_device_has_stands_in_its_form(admin: httpx.Client, memory: Memory) -> None:
    text = admin.get(f"{PLACE}/BasicParam", headers=HX).text
    assert 'value="东门"' in text
    assert 'name="heart_beat_interval" value="60" min="5" max="3600"' in text
    assert memory.asked == [(RECORDER, RECORDER)]
    texts = admin.get(f"{PLACE}/OSDConfig?channel={CHANNEL}", headers=HX).text
    assert 'name="texts.0.text" value="一"' in texts
    assert 'name="texts.#.text"' in texts  # the row to be added
    assert memory.asked[-1] == (RECORDER, CHANNEL)


def test_settings_are_sent_read_back_and_registered(
    admin: httpx.Client, auditor: httpx.Client, memory: Memory, parts: Parts
) -> None:
    text = post(admin, "FrameMirror", f"?channel={CHANNEL}", mirror="3")
    assert "read back the same" in text
    assert memory.held["FrameMirror"] == FrameMirror(3)
    entries = auditor.get("/api/register").json()["rows"]
    assert entries[0]["look"]["action"] == "control"
    assert entries[0]["look"]["purpose"] == "maintenance"


def test_rows_of_lists_are_sent_in_order(admin: httpx.Client, memory: Memory) -> None:
    fields = {"length": "1920", "width": "1080", "time_x": "1", "time_y": "2"}
    lines = {
        f"texts__{at}__{name}": value
        for at, line in (("7", "下"), ("2", "上"))
        for name, value in {"text": line, "x": "5", "y": "6"}.items()
    }
    post(admin, "OSDConfig", **fields, **lines)
    kept = memory.held["OSDConfig"]
    assert isinstance(kept, OsdConfig)
    assert [each.text for each in kept.texts] == ["上", "下"]


def test_what_was_not_taken_is_told_value_by_value(admin: httpx.Client, memory: Memory) -> None:
    memory.keeps = False
    text = post(admin, "BasicParam", name="西门", expiration="7200")
    assert "2 values were read back differently" in text
    assert text.count('class="differs"') == 2
    assert "<td>Expiry of the registration</td>" in text


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (Fate.CONFIRMED, "Sent and confirmed; it could not be read back"),
        (Fate.UNCONFIRMED, "Delivered; neither confirmed nor read back"),
    ],
)
def test_what_cannot_be_read_back_is_told(
    admin: httpx.Client, memory: Memory, fate: Fate, told: str
) -> None:
    memory.keeps, memory.fate = False, fate
    text = post(admin, "FrameMirror", mirror="1")
    assert told in text
    assert "The peer did not answer" in text


def test_an_unconfirmed_sending_that_reads_back_the_same(
    admin: httpx.Client, memory: Memory
) -> None:
    memory.fate = Fate.UNCONFIRMED
    assert "Delivered, not confirmed; read back the same" in post(admin, "FrameMirror", mirror="1")


def test_faults_are_told_before_anything_is_sent(admin: httpx.Client, memory: Memory) -> None:
    text = post(admin, "BasicParam", heart_beat_interval="1", heart_beat_count="999")
    assert "Keepalive interval is less than 5" in text
    assert "Keepalives missed until offline is more than 255" in text
    assert memory.asked == []
    assert 'value="1"' in text


def test_a_refusal_keeps_what_was_filled_in(admin: httpx.Client, memory: Memory) -> None:
    memory.silent = True
    text = post(admin, "BasicParam", name="北门")
    assert "did not take the message" in text
    assert 'value="北门"' in text


def test_another_silence_is_told_before_it_is_sent(
    admin: httpx.Client, memory: Memory, parts: Parts
) -> None:
    fields = {"heart_beat_interval": "100", "heart_beat_count": "4"}
    text = post(admin, "BasicParam", **fields)
    assert "would count as offline after 400 s of silence; now it is 180 s" in text
    assert "Send it all the same" in text
    assert 'value="100"' in text
    assert memory.asked == []
    again = post(admin, "BasicParam", **fields, **{"-sure": "1"})
    assert "Not sent yet" not in again
    assert memory.held["BasicParam"] == BasicParam("", None, 100, 4)
    parts.beats.learn(RECORDER, BasicParam(heart_beat_interval=100, heart_beat_count=4))
    assert "Not sent yet" not in post(admin, "BasicParam", **fields)


def test_the_keepalives_of_what_is_behind_a_platform_are_not_ours(
    admin: httpx.Client, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commands, "holder_of", lambda *given: CHANNEL)
    assert "Not sent yet" not in post(admin, "BasicParam", heart_beat_interval="100")


@pytest.mark.parametrize("block", ["SnapShotConfig", "Nothing"])
def test_there_is_no_such_form(admin: httpx.Client, block: str) -> None:
    assert admin.get(f"{PLACE}/{block}", headers=HX).status_code == 404
