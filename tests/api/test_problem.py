import json

import pytest

from tongshi.api.problem import (
    MEDIA_TYPE,
    Problem,
    advise,
    answer,
    describe,
    headers_of,
    http_status,
)
from tongshi.api.text import Language, Words
from tongshi.errors import (
    TITLES,
    Conflict,
    Denied,
    EngineFailed,
    Error,
    Exhausted,
    Invalid,
    LocalProtocolError,
    Missing,
    PeerRefused,
    PeerSilent,
    RemoteProtocolError,
    SignInNeeded,
)

ZH, EN = Words(Language.ZH), Words(Language.EN)
EXAMPLES = [
    (Invalid("bad", faults=("one", "two")), 400, {"faults": ["one", "two"]}),
    (SignInNeeded("who"), 401, {}),
    (Denied("no", helps="grant"), 403, {"helps": "grant"}),
    (Missing("gone"), 404, {}),
    (Conflict("twice"), 409, {}),
    (Exhausted("full", resource="port"), 503, {"resource": "port"}),
    (PeerRefused("486 Busy", status=486, stage="invite"), 502, {"peer_status": 486}),
    (PeerSilent("none", timer="B", stage="invite"), 504, {"timer": "B", "stage": "invite"}),
    (RemoteProtocolError("odd", clause="A.1", status=400), 502, {"peer_status": 400}),
    (LocalProtocolError("ours"), 500, {}),
    (EngineFailed("codec", stage="decode"), 502, {"stage": "decode"}),
    (Error("unknown"), 500, {}),
]


@pytest.mark.parametrize(("error", "status", "facts"), EXAMPLES, ids=lambda value: str(value)[:20])
def test_each_error_has_its_status_its_words_and_its_facts(
    error: Error, status: int, facts: dict[str, object]
) -> None:
    assert http_status(error) == status
    told = describe(error, EN).model_dump(exclude_none=True)
    assert told["code"] == error.code
    assert told["title"] == TITLES[error.code][1]
    assert told["status"] == status
    for name, value in facts.items():
        assert told[name] == value


def test_an_internal_defect_keeps_its_details() -> None:
    assert describe(Error("secret path"), EN).detail == ""
    assert describe(Missing("no such channel"), EN).detail == "no such channel"


def test_words_follow_the_language() -> None:
    assert describe(PeerSilent("x", timer="B", stage="invite"), ZH).title == "对端无响应"


def test_the_most_particular_advice_wins() -> None:
    general, stage, status = (
        advise(EN, "peer.refused", "bye"),
        advise(EN, "peer.silent", "media"),
        advise(EN, "peer.refused", "invite", 486),
    )
    assert "log" in general
    assert "firewall" in stage
    assert "busy" in status
    assert advise(EN, "no.such.code") == ""


def test_the_answer_is_a_problem() -> None:
    response = answer(Problem(code="missing", title="t", status=404), {"Retry-After": "5"})
    assert response.status_code == 404
    assert response.media_type == MEDIA_TYPE
    assert response.headers["Retry-After"] == "5"
    assert json.loads(bytes(response.body))["type"] == "about:blank"


def test_a_quota_says_when_there_is_more() -> None:
    spent = Exhausted("spent", resource="calls-minute", again=12.2)
    assert http_status(spent) == 429
    problem = describe(spent, Words(Language.EN))
    assert (problem.code, problem.resource, problem.retry_after) == (
        "exhausted",
        "calls-minute",
        12.2,
    )
    assert "calls of this minute" in problem.advice
    assert headers_of(spent) == {"Retry-After": "13"}
    full = Exhausted("full", resource="port")
    assert (http_status(full), headers_of(full)) == (503, {})
    assert "Bearer" in headers_of(SignInNeeded("x"))["WWW-Authenticate"]
