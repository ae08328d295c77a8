"""Subscriptions as who wants to be told has them."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.subscription import (
    LONGEST,
    Ended,
    EventName,
    Failed,
    Granted,
    Lost,
    Notified,
    Overtaken,
    Stage,
    Standing,
    Subject,
    Subscriber,
    SubscriberEvent,
    subject_of,
)
from tongshi.sip.message import Request, Response

PLATFORM = "34020000002000000001"
DEVICE = "34020000001180000001"
BODY = b"<Query/>"


def subscribe(expires: str = "600") -> Request:
    return Request(
        "SUBSCRIBE",
        f"sip:{DEVICE}@192.0.2.20:5060",
        (
            ("From", f"<sip:{PLATFORM}@3402000000>;tag=ours"),
            ("To", f"<sip:{DEVICE}@3402000000>"),
            ("Call-ID", "call"),
            ("CSeq", "1 SUBSCRIBE"),
            ("User-Agent", "Tongshi"),
            ("Event", "Catalog;id=1894"),
            ("Expires", expires),
            ("Contact", f"<sip:{PLATFORM}@192.0.2.10:5060>"),
            ("Content-Type", "Application/MANSCDP+xml"),
        ),
        BODY,
    )


def answer(request: Request, status: int = 200, *headers: tuple[str, str]) -> Response:
    return request.response(status, to_tag="theirs", headers=headers)


def notify(
    number: int = 1,
    body: bytes = b"<Notify/>",
    state: str = "active;expires=600",
    call_id: str = "call",
    tag: str = "theirs",
) -> Request:
    state_header = [("Subscription-State", state)] if state else []
    return Request(
        "NOTIFY",
        f"sip:{PLATFORM}@192.0.2.10:5060",
        (
            ("From", f"<sip:{DEVICE}@3402000000>;tag={tag}"),
            ("To", f"<sip:{PLATFORM}@3402000000>;tag=ours"),
            ("Call-ID", call_id),
            ("CSeq", f"{number} NOTIFY"),
            *state_header,
        ),
        body,
    )


def asking(expires: str = "600") -> tuple[Subscriber, Request]:
    subscriber = Subscriber(subscribe(expires))
    subscriber.start()
    (request,) = subscriber.requests()
    return subscriber, request


def active(expires: str = "600") -> Subscriber:
    subscriber, request = asking()
    subscriber.answered(answer(request, 200, ("Expires", expires)), 0.0)
    assert subscriber.stage is Stage.ACTIVE
    subscriber.events()
    return subscriber


def refreshing() -> tuple[Subscriber, Request]:
    subscriber = active()
    subscriber.expire(400.0)
    (request,) = subscriber.requests()
    return subscriber, request


@pytest.mark.clause("9.11.1.2", "9.11.3.2", "N.2.1.2.1", "N.2.1.2.2", "N.2.1.2.3", "N.4.2")
def test_a_subscription_from_the_asking_to_the_end() -> None:
    subscriber, request = asking()
    subscriber.start()
    assert request == subscribe()
    assert subscriber.requests() == []
    subscriber.answered(answer(request, 100), 0.0)
    assert subscriber.events() == []
    assert subscriber.deadline() == inf
    subscriber.answered(answer(request, 200, ("Expires", "300")), 1000.0)
    assert subscriber.events() == [Granted(300)]
    assert (subscriber.deadline(), subscriber.ends_at) == (1200.0, 1300.0)
    subscriber.expire(1199.0)
    assert subscriber.requests() == []
    subscriber.expire(1200.0)
    (refresh,) = subscriber.requests()
    assert refresh.cseq == (2, "SUBSCRIBE")
    assert (refresh.call_id, refresh.from_tag, refresh.to_tag) == ("call", "ours", "theirs")
    assert refresh.headers.get("Event") == "Catalog;id=1894"
    assert (refresh.expires, refresh.body) == (600, BODY)
    assert refresh.headers.get("Contact") == f"<sip:{PLATFORM}@192.0.2.10:5060>"
    subscriber.answered(answer(refresh), 1200.0)
    assert subscriber.events() == [Granted(600)]
    assert subscriber.deadline() == 1600.0
    subscriber.end()
    (last,) = subscriber.requests()
    assert (last.expires, last.cseq[0]) == (0, 3)
    subscriber.answered(answer(last), 1300.0)
    assert subscriber.events() == [Ended()]
    assert subscriber.stage is Stage.OVER
    subscriber.end()
    subscriber.unanswered(1300.0)
    subscriber.answered(answer(last), 1300.0)
    assert subscriber.events() == []


@pytest.mark.parametrize(
    ("granted", "believed"), [("5", 5), ("86400", 600), ("many", 600), ("", 600)]
)
def test_a_grant_may_be_shorter_and_is_never_longer(granted: str, believed: int) -> None:
    subscriber, request = asking()
    headers = (("Expires", granted),) if granted else ()
    subscriber.answered(answer(request, 200, *headers), 0.0)
    assert subscriber.events() == [Granted(believed)]


def test_a_body_in_the_answer_and_a_broken_contact_do_no_harm() -> None:
    subscriber, request = asking()
    response = answer(request, 200, ("Contact", "<sip:;expires=9"))
    response.body = b"<Response><Result>OK</Result></Response>"
    subscriber.answered(response, 0.0)
    assert subscriber.events() == [Granted(600)]


def test_an_answer_that_makes_no_dialog_is_a_refusal() -> None:
    subscriber, request = asking()
    response = answer(request)
    response.headers.remove("To")
    subscriber.answered(response, 0.0)
    assert subscriber.events() == [Failed(200)]


@pytest.mark.clause("9.11.1.2")
@pytest.mark.parametrize(
    ("status", "headers", "failed"),
    [
        (489, (), Failed(489)),
        (503, (("Retry-After", "120"),), Failed(503, 120)),
        (480, (("Retry-After", "soon"),), Failed(480)),
        (200, (("Expires", "0"),), Failed(200)),
        (423, (("Min-Expires", "60"),), Failed(423)),
        (423, (), Failed(423)),
    ],
)
def test_a_refusal(status: int, headers: tuple[tuple[str, str], ...], failed: Failed) -> None:
    subscriber, request = asking()
    subscriber.answered(answer(request, status, *headers), 0.0)
    assert subscriber.events() == [failed]
    assert subscriber.stage is Stage.OVER


def test_silence() -> None:
    subscriber, _ = asking()
    subscriber.unanswered(5.0)
    assert subscriber.events() == [Failed(None)]


def test_one_who_demands_more_time_gets_it_once() -> None:
    subscriber, request = asking()
    subscriber.answered(answer(request, 423, ("Min-Expires", "1800")), 0.0)
    (again,) = subscriber.requests()
    assert (again.expires, again.cseq[0], again.to_tag) == (1800, 2, "")
    subscriber.answered(answer(again), 0.0)
    assert subscriber.events() == [Granted(1800)]
    subscriber.expire(1200.0)
    (refresh,) = subscriber.requests()
    subscriber.answered(answer(refresh, 423, ("Min-Expires", "3600")), 1200.0)
    (longer,) = subscriber.requests()
    assert (longer.expires, longer.to_tag) == (3600, "theirs")


def test_none_is_wanted_for_longer_than_a_day() -> None:
    subscriber, request = asking("9999999")
    subscriber.answered(answer(request), 0.0)
    assert subscriber.events() == [Granted(LONGEST)]


@pytest.mark.parametrize(("status", "wait"), [(481, None), (408, None), (503, 30)])
def test_a_refresh_refused_is_a_loss(status: int, wait: int | None) -> None:
    subscriber, request = refreshing()
    headers = (("Retry-After", "30"),) if wait else ()
    subscriber.answered(answer(request, status, *headers), 401.0)
    assert subscriber.events() == [Lost("refused", status, retry_after=wait)]
    assert subscriber.deadline() == inf


def test_a_refresh_not_answered_is_a_loss() -> None:
    subscriber, _ = refreshing()
    subscriber.unanswered(405.0)
    assert subscriber.events() == [Lost("silent")]
    late, _ = refreshing()
    late.unanswered(600.0)
    assert late.events() == [Lost("expired")]


def test_one_whose_owner_slept_through_its_end_has_expired() -> None:
    subscriber = active()
    subscriber.expire(601.0)
    assert subscriber.events() == [Lost("expired")]
    assert subscriber.requests() == []


@pytest.mark.clause("9.11.2.2", "9.11.4.2")
def test_what_is_notified_is_told_and_answered() -> None:
    subscriber = active()
    for number in (1, 2):
        request = notify(number, b"<Notify/>")
        assert subscriber.owns(request)
        assert subscriber.arrived(request, 1.0).status == 200
    assert subscriber.arrived(notify(3, b""), 1.0).status == 200
    assert subscriber.events() == [Notified(b"<Notify/>")] * 2
    assert not subscriber.owns(notify(4, call_id="other"))
    assert not subscriber.owns(notify(4, tag="foreign"))


def test_a_repetition_is_answered_and_not_told_twice() -> None:
    subscriber = active()
    subscriber.arrived(notify(1, b"one"), 1.0)
    assert subscriber.arrived(notify(1, b"one"), 1.0).status == 200
    subscriber.arrived(notify(1, b"two"), 1.0)  # numbers that do not grow prove nothing
    assert subscriber.events() == [Notified(b"one"), Notified(b"two")]
    assert subscriber.repeated == 1


def test_a_late_repetition_is_not_told_after_newer_states() -> None:
    subscriber = active()
    for number, body in ((1, b"off"), (2, b"on"), (1, b"off"), (2, b"on"), (3, b"off")):
        assert subscriber.arrived(notify(number, body), 1.0).status == 200
    assert subscriber.events() == [Notified(b"off"), Notified(b"on"), Notified(b"off")]
    assert subscriber.repeated == 2


def test_one_that_was_overtaken_is_told_as_such_and_shortens_nothing() -> None:
    subscriber = active()
    subscriber.arrived(notify(6, b"on"), 1.0)
    late = notify(5, b"off", "active;expires=30")
    assert subscriber.arrived(late, 1.0).status == 200
    assert subscriber.arrived(late, 1.0).status == 200
    assert subscriber.events() == [Notified(b"on"), Overtaken(b"off")]
    assert (subscriber.ends_at, subscriber.repeated) == (600.0, 1)
    subscriber.arrived(notify(4, b"", "terminated"), 1.0)
    assert subscriber.events() == [Lost("terminated")]


def test_an_early_notify_that_comes_again_is_a_repetition() -> None:
    subscriber, request = asking()
    subscriber.arrived(notify(7, b"early"), 0.0)
    subscriber.answered(answer(request), 0.0)
    subscriber.arrived(notify(7, b"early"), 0.0)
    assert subscriber.events() == [Notified(b"early"), Granted(600)]


def test_a_notify_before_the_answer_counts() -> None:
    subscriber, request = asking()
    early = notify(7, b"early", tag="other")
    assert subscriber.owns(early)
    subscriber.arrived(early, 0.0)
    subscriber.answered(answer(request), 0.0)
    assert subscriber.events() == [Notified(b"early"), Granted(600)]
    assert not asking()[0].owns(notify(call_id="other"))


def test_one_that_its_owner_lets_in_is_taken() -> None:
    subscriber = active()
    subscriber.arrived(notify(1, b"x", call_id="other"), 1.0)
    subscriber.arrived(notify(1, b"x", call_id="other"), 1.0)
    assert subscriber.events() == [Notified(b"x")] * 2


def test_the_notifier_may_shorten_it_but_not_lengthen() -> None:
    subscriber = active()
    subscriber.arrived(notify(1, state="active;expires=9000"), 100.0)
    assert subscriber.deadline() == 400.0
    subscriber.arrived(notify(2, state=""), 100.0)
    subscriber.arrived(notify(3, state="Active ; Expires=30"), 100.0)
    assert (subscriber.deadline(), subscriber.ends_at) == (120.0, 130.0)


@pytest.mark.clause("N.2.1.2.3")
def test_the_notifier_may_end_it() -> None:
    subscriber = active()
    state = "terminated;reason=Deactivated;retry-after=5"
    assert subscriber.arrived(notify(1, b"last", state), 1.0).status == 200
    lost = Lost("terminated", None, "deactivated", 5)
    assert subscriber.events() == [Notified(b"last"), lost]
    assert subscriber.stage is Stage.OVER
    subscriber.arrived(notify(2, b"later", state), 1.0)
    assert subscriber.events() == []


def test_ended_before_it_began() -> None:
    subscriber = Subscriber(subscribe())
    subscriber.end()
    assert subscriber.events() == [Ended()]
    subscriber.start()
    assert subscriber.requests() == []


@pytest.mark.parametrize("outcome", ["granted", "refused", "silent", "brief"])
def test_ended_while_asking(outcome: str) -> None:
    subscriber, request = asking()
    subscriber.end()
    assert subscriber.requests() == []
    expected: list[SubscriberEvent] = [Ended()]
    match outcome:
        case "granted":
            subscriber.answered(answer(request), 0.0)
            (last,) = subscriber.requests()
            assert last.expires == 0
            subscriber.unanswered(5.0)
            expected = [Granted(600), Ended()]
        case "refused":
            subscriber.answered(answer(request, 404), 0.0)
        case "brief":
            subscriber.answered(answer(request, 423, ("Min-Expires", "900")), 0.0)
        case _:
            subscriber.unanswered(5.0)
    assert subscriber.events() == expected


def test_what_the_peer_says_while_it_is_being_ended_is_still_told() -> None:
    subscriber, _ = refreshing()
    subscriber.end()
    assert [request.expires for request in subscriber.requests()] == [0]
    subscriber.arrived(notify(1, b"last", "terminated"), 1.0)
    assert subscriber.events() == [Notified(b"last")]
    assert subscriber.stage is Stage.ENDING


@pytest.mark.clause("N.4.2")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Catalog;id=1894", EventName("Catalog", "1894")),
        (' presence ; ID = "7" ', EventName("presence", "7")),
        ("presence;other", EventName("presence")),
        ("", EventName("")),
    ],
)
def test_the_name_of_an_event(text: str, name: EventName) -> None:
    assert EventName.parse(text) == name
    assert EventName.parse(str(name)) == name


def test_names_are_compared_without_case_and_without_what_is_left_out() -> None:
    name = EventName("Catalog", "1894")
    assert name.matches(EventName("catalog", "1894"))
    assert name.matches(EventName("CATALOG"))
    assert name.matches(EventName(""))
    assert not name.matches(EventName("catalog", "1"))
    assert not name.matches(EventName("presence", "1894"))


def test_subjects() -> None:
    assert [subject.package for subject in Subject] == ["Catalog"] + ["presence"] * 3
    words = ("Catalog", "alarm", " MobilePosition", "PTZPosition", "Keepalive")
    assert [subject_of(word) for word in words] == [*Subject, None]


@given(st.text(max_size=80))
def test_any_header_is_read(text: str) -> None:
    EventName.parse(text)
    standing = Standing.parse(text)
    assert standing.word
    assert standing.expires is None or 0 <= standing.expires <= LONGEST


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["answer", "silence", "notify", "end", "wait", "start"]),
            st.sampled_from([100, 200, 202, 404, 423, 481, 489, 503]),
            st.sampled_from(["active;expires=9", "terminated", "pending", ""]),
        ),
        max_size=12,
    )
)
def test_whatever_happens_it_ends_once_and_asks_one_thing_at_a_time(
    acts: list[tuple[str, int, str]],
) -> None:
    subscriber, request = asking()
    now, open_, over = 0.0, 1, 0
    for act, status, state in acts:
        if act == "answer" and open_:
            open_ -= status >= 200
            subscriber.answered(answer(request, status, ("Min-Expires", "900")), now)
        elif act == "silence" and open_:
            open_ -= 1
            subscriber.unanswered(now)
        elif act == "notify":
            assert subscriber.arrived(notify(int(now), state=state), now).status == 200
        elif act == "end":
            subscriber.end()
        elif act == "start":
            subscriber.start()
        now += 100.0 if act == "wait" else 1.0
        subscriber.expire(now)
        sent = subscriber.requests()
        open_ += len(sent)
        # What is under way when the peer, or we, end it is answered to nobody.
        assert open_ <= 2
        over += sum(isinstance(e, Failed | Lost | Ended) for e in subscriber.events())
    assert over == (subscriber.stage is Stage.OVER)
