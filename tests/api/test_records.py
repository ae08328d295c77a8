from collections.abc import Callable

import httpx
import pytest

from tongshi.gb28181.manscdp import Message, Outcome, Record, RecordInfoAnswer, RecordInfoQuery
from tongshi.signalling.answers import Answer

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
RECORDS = f"/api/devices/{RECORDER}/channels/{CHANNEL}/records"
DAYS = "since=2024-05-06T00:00:00%2B08:00&until=2024-05-08T00:00:00%2B08:00"
Answers = dict[type[Message], Callable[[Message], Answer]]


def one(said: Message) -> Answer:
    assert isinstance(said, RecordInfoQuery)
    day = said.start_time[:10]
    record = Record(
        CHANNEL,
        "gate",
        "/a",
        start_time=f"{day}T10:00:00",
        end_time=f"{day}T11:00:00",
        kind="time",
        size=7,
    )
    return RecordInfoAnswer(said.sn, CHANNEL, "gate", 1, (record,))


@pytest.mark.clause("9.7.1")
def test_records_gaps_and_days(operator: httpx.Client, answers: Answers) -> None:
    answers[RecordInfoQuery] = one
    found = operator.get(f"{RECORDS}?{DAYS}").json()
    assert found["complete"]
    assert [record["since"] for record in found["records"]] == [
        "2024-05-06T02:00:00+00:00",
        "2024-05-07T02:00:00+00:00",
    ]
    assert (found["records"][0]["file"], found["records"][0]["size"]) == ("/a", 7)
    assert len(found["footage"]) == 2
    assert found["gaps"][0] == {
        "since": "2024-05-05T16:00:00+00:00",
        "until": "2024-05-06T02:00:00+00:00",
    }
    assert [day["received"] for day in found["days"]] == [1, 1]
    assert [day["problem"] for day in found["days"]] == [None, None]


def test_a_day_that_failed_is_named(operator: httpx.Client, answers: Answers) -> None:
    def partly(said: Message) -> Answer:
        assert isinstance(said, RecordInfoQuery)
        if said.start_time.startswith("2024-05-06"):
            return RecordInfoAnswer(said.sn, CHANNEL, result=Outcome.ERROR)
        return RecordInfoAnswer(said.sn, CHANNEL, "", 2, (Record(CHANNEL),))

    answers[RecordInfoQuery] = partly
    found = operator.get(f"{RECORDS}?{DAYS}&kind=time").json()
    assert not found["complete"]
    first, second = found["days"]
    assert (first["problem"]["code"], first["announced"]) == ("peer.refused", None)
    assert (second["complete"], second["why"], second["announced"]) == (False, "missing", 2)


def test_what_cannot_be_asked(operator: httpx.Client) -> None:
    assert operator.get(f"{RECORDS}?{DAYS}").status_code == 504
    assert operator.get(RECORDS).status_code == 400
    backward = "since=2024-05-08T00:00:00Z&until=2024-05-06T00:00:00Z"
    assert operator.get(f"{RECORDS}?{backward}").status_code == 400
    assert operator.get(f"{RECORDS}?{DAYS}&kind=never").status_code == 400
    nobody = f"/api/devices/{RECORDER}/channels/nobody/records?{DAYS}"
    assert operator.get(nobody).status_code == 404
