from tongshi.client.failure import Failure, Refused


def test_a_refusal_carries_what_the_node_said() -> None:
    told = {
        "code": "exhausted",
        "title": "Nothing left",
        "advice": "Wait",
        "detail": "d",
        "resource": "calls-minute",
        "retry_after": 5,
    }
    refused = Refused(429, told)
    assert str(refused) == "exhausted: Nothing left (d)"
    assert (refused.advice, refused.resource, refused.retry_after) == ("Wait", "calls-minute", 5.0)
    assert refused.problem is told


def test_an_answer_that_says_little_is_a_refusal_as_well() -> None:
    refused = Refused(502, {"code": 5, "helps": None})
    assert (refused.code, refused.title, refused.helps) == ("error", "HTTP status 502", "")
    assert refused.retry_after is None
    assert str(Failure("broken", "x")) == "broken: x"
