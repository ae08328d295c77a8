"""What people may write into devices: it arrives as the text that it is, or not at all."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.gb28181.manscdp import (
    ConfigDownloadQuery,
    DeviceConfig,
    DeviceConfigAnswer,
    DeviceControl,
    Message,
    PtzCmd,
)
from tongshi.signalling.answers import Answer

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
Answers = dict[type[Message], Callable[[Message], Answer]]

HOSTILE = [
    "</OSDConfig></DeviceConfig>",
    "a\r\n\r\nINVITE sip:x SIP/2.0",
    "]]><SN>9</SN>",
    "&amp;&#0;&lt;",
    "\x00\x01\x1f",
    "<!DOCTYPE x>",
    "\ufffe\uffff",
    "🎥" * 8,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_for_devices_stay_texts(
    admin: httpx.Client,
    operator: httpx.Client,
    answers: Answers,
    told: list[Message],
    text: str,
) -> None:
    answers[DeviceConfig] = lambda said: DeviceConfigAnswer(said.sn, CHANNEL)
    place = f"/api/devices/{RECORDER}/channels/{CHANNEL}"
    line = {"text": text, "x": 0, "y": 0}
    osd = {"length": 1920, "width": 1080, "time_x": 0, "time_y": 0, "texts": [line]}
    for path, values in (("OSDConfig", osd), ("BasicParam", {"name": text})):
        body = {"values": values, "purpose": "maintenance"}
        assert admin.put(f"{place}/config/{path}", json=body).status_code in (200, 400)
    preset = {"do": "preset", "act": "set", "number": 1, "name": text[:32], "purpose": "patrol"}
    assert operator.post(f"{place}/control", json=preset).status_code in (200, 400)
    for message in told:
        assert isinstance(message, DeviceConfig | DeviceControl | ConfigDownloadQuery)
        assert message.device_id in (RECORDER, CHANNEL)
        assert message.others == ()
        if isinstance(message, DeviceConfig):
            [block] = message.blocks
            assert block.others == ()
        elif isinstance(message, DeviceControl):
            assert isinstance(message.command, PtzCmd)
