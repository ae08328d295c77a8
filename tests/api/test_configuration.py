from collections.abc import Callable

import httpx
import pytest

from tongshi.gb28181.manscdp import (
    BLOCKS,
    ConfigDownloadAnswer,
    ConfigDownloadQuery,
    DeviceConfig,
    DeviceConfigAnswer,
    FrameMirror,
    Message,
    Outcome,
)
from tongshi.signalling.answers import Answer

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
CONFIG = f"/api/devices/{RECORDER}/channels/{CHANNEL}/config"
Answers = dict[type[Message], Callable[[Message], Answer]]


def mirror(mode: int) -> Callable[[Message], Answer]:
    return lambda said: ConfigDownloadAnswer(said.sn, CHANNEL, Outcome.OK, (FrameMirror(mode),))


@pytest.mark.clause("A.2.4.7")
def test_settings_are_read_by_type(admin: httpx.Client, answers: Answers) -> None:
    answers[ConfigDownloadQuery] = mirror(2)
    found = admin.get(f"{CONFIG}?types=FrameMirror").json()
    assert found == {"blocks": {"FrameMirror": {"mirror": 2}}, "lacking": {}}
    answers[ConfigDownloadQuery] = lambda said: ConfigDownloadAnswer(
        said.sn, CHANNEL, Outcome.ERROR
    )
    lacking = admin.get(f"{CONFIG}?types=FrameMirror").json()["lacking"]
    assert lacking["FrameMirror"]["code"] == "peer.refused"
    assert admin.get(f"{CONFIG}?types=Nothing").status_code == 400


@pytest.mark.clause("A.2.3.2.1")
def test_settings_are_written_registered_and_read_back(
    admin: httpx.Client,
    auditor: httpx.Client,
    answers: Answers,
    told: list[Message],
    flush: Callable[[], None],
) -> None:
    answers[DeviceConfig] = lambda said: DeviceConfigAnswer(said.sn, CHANNEL, Outcome.OK)
    answers[ConfigDownloadQuery] = mirror(1)
    new = {"values": {"mirror": 3}, "purpose": "maintenance"}
    changed = admin.put(f"{CONFIG}/FrameMirror", json=new).json()
    assert (changed["outcome"], changed["confirmed"]) == ("confirmed", True)
    assert changed["found"] == {"mirror": 1}
    assert changed["differences"] == [{"field": "mirror", "told": 3, "found": 1}]
    assert changed["why"] is None
    [said] = [message for message in told if isinstance(message, DeviceConfig)]
    assert said.blocks == (FrameMirror(3),)
    del answers[ConfigDownloadQuery]
    changed = admin.put(f"{CONFIG}/FrameMirror", json=new).json()
    assert (changed["found"], changed["why"]["code"]) == (None, "peer.silent")
    flush()
    entry = auditor.get("/api/register").json()["rows"][0]
    assert (entry["look"]["what"], entry["ending"]["how"]) == ("config FrameMirror", "confirmed")


@pytest.mark.parametrize(
    ("block", "body", "status"),
    [
        ("FrameMirror", {"values": {"mirror": 9}, "purpose": "x"}, 400),
        ("FrameMirror", {"values": {"colour": 9}, "purpose": "x"}, 400),
        ("FrameMirror", {"values": {"mirror": 1}}, 400),
        ("BasicParam", {"values": {"expiration": 1}, "purpose": "x"}, 400),
        ("VideoParamOpt", {"values": {}, "purpose": "x"}, 404),
        ("SnapShotConfig", {"values": {}, "purpose": "x"}, 404),
        ("Nothing", {"values": {}, "purpose": "x"}, 404),
    ],
)
def test_what_is_not_legal_is_never_sent(
    admin: httpx.Client,
    auditor: httpx.Client,
    told: list[Message],
    block: str,
    body: dict[str, object],
    status: int,
) -> None:
    answer = admin.put(f"{CONFIG}/{block}", json=body)
    assert answer.status_code == status
    assert told == []
    assert auditor.get("/api/register").json()["total"] == 0


def test_operators_configure_nothing(operator: httpx.Client) -> None:
    assert operator.get(CONFIG).status_code == 403
    assert operator.put(f"{CONFIG}/FrameMirror", json={"values": {}}).status_code == 403


def test_forms_are_made_of_the_message_types(operator: httpx.Client) -> None:
    forms = {form["block"]: form for form in operator.get("/api/config/forms").json()}
    assert set(forms) == {kind.WIRE for kind in BLOCKS}
    assert not forms["VideoParamOpt"]["writable"]
    basic = {row["name"]: row for row in forms["BasicParam"]["rows"]}
    assert (basic["expiration"]["low"], basic["expiration"]["unit"]) == (60, "s")
    plan = {row["name"]: row for row in forms["VideoRecordPlan"]["rows"]}
    assert plan["days"]["many"]
    assert {row["name"] for row in plan["days"]["rows"]} >= {"day", "segments"}
    english = forms["FrameMirror"]["rows"][0]["title"]
    chinese = operator.get("/api/config/forms", headers={"Accept-Language": "zh-CN"}).json()
    [other] = [form["rows"][0]["title"] for form in chinese if form["block"] == "FrameMirror"]
    assert other != english
