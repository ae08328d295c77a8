"""Each row of the table: what it finds, and what it leaves."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.settings import WatchSettings
from tongshi.watch.past import Past, Usual
from tongshi.watch.rule import RULES, Against, Hit, Rule, Span, judge
from tongshi.watch.trace import DAY, HOUR, Account, Kind, Source, Trace

SETTINGS = WatchSettings()
SPAN = Span(begin=10 * DAY, offset=0.0)
NOON = SPAN.begin + 12 * HOUR
SETTLED = Past(
    settled=True,
    own=Usual(20, 50),
    role=Usual(10, 40),
    hours=frozenset(range(8, 18)),
    divisions=frozenset({"340200"}),
)
BY_CODE = {rule.code: rule for rule in RULES}


def traces(
    count: int,
    kind: Kind = Kind.LOOK,
    *,
    begin: float = NOON,
    step: float = 1.0,
    camera: str = "c",
) -> list[Trace]:
    account = Account(7)
    return [
        Trace(Source.REGISTER, place, begin + place * step, kind, account, "d", camera, "340200")
        for place in range(count)
    ]


def find(code: str, given: list[Trace], past: Past = SETTLED, span: Span = SPAN) -> Hit | None:
    return judge(BY_CODE[code], given, past, SETTINGS, span)


def test_codes_are_names_of_one_rule_each() -> None:
    assert len(BY_CODE) == len(RULES)
    names = {item.name for item in fields(WatchSettings)}
    assert {rule.least for rule in RULES if rule.least} <= names


@pytest.mark.parametrize(
    ("code", "least"), [("looks-hour-own", 80), ("looks-hour-role", 80), ("looks-day-own", 200)]
)
def test_looks_are_compared_with_a_median(code: str, least: int) -> None:
    assert find(code, traces(least - 1)) is None
    hit = find(code, traces(least))
    assert hit is not None
    assert (hit.figure, hit.threshold) == (least, least)
    assert hit.usual in (20, 10, 50)
    assert len(hit.stretch.traces) == least


def test_an_hour_is_any_sixty_minutes() -> None:
    slow = traces(160, step=40.0)
    assert find("looks-hour-own", slow) is not None
    assert find("looks-hour-own", traces(160, step=50.0)) is None
    assert find("looks-day-own", traces(200, step=200.0)) is not None


def test_a_stretch_over_midnight_is_of_the_day_it_ends_in() -> None:
    late = traces(80, begin=SPAN.begin - 40.0)
    assert find("looks-hour-own", late) is not None
    assert find("looks-hour-own", traces(80, begin=SPAN.begin - 90.0)) is None
    assert find("looks-day-own", traces(200, begin=SPAN.begin - 1.0)) is None


def test_a_quiet_past_does_not_make_a_few_looks_unusual() -> None:
    quiet = replace(SETTLED, own=Usual(1, 1), role=Usual(1, 1))
    assert find("looks-hour-own", traces(29), quiet) is None
    assert find("looks-hour-own", traces(30), quiet) is not None
    assert find("looks-day-role", traces(99), quiet) is None
    assert find("looks-day-role", traces(100), quiet) is not None


def test_where_nothing_is_known_the_setting_stands_and_a_role_says_nothing() -> None:
    assert find("looks-hour-own", traces(119), Past()) is None
    hit = find("looks-hour-own", traces(120), Past())
    assert hit is not None
    assert hit.usual is None
    assert find("looks-hour-role", traces(1000), Past()) is None
    assert find("odd-hours", traces(100, begin=SPAN.begin), Past()) is None
    assert find("far-from-duty", traces(100), Past()) is None


def test_hours_at_which_the_account_is_not_in_use() -> None:
    night = traces(5, begin=SPAN.begin + 3 * HOUR)
    assert find("odd-hours", [*night[:4], *traces(100)]) is None
    hit = find("odd-hours", [*night, *traces(100)])
    assert hit is not None
    assert hit.figure == 5
    assert hit.stretch.traces == tuple(night)
    assert find("odd-hours", night, replace(SETTLED, hours=frozenset())) is None


def test_divisions_never_looked_at_before() -> None:
    far = [
        replace(trace, division=division)
        for trace in traces(1)
        for division in ("340300", "340400", "34040001", "", "340200")
    ]
    assert find("far-from-duty", far) is None
    hit = find("far-from-duty", [*far, *(replace(trace, division="340500") for trace in traces(1))])
    assert hit is not None
    assert hit.figure == 3
    assert len(hit.stretch.traces) == 4


def test_many_cameras_in_a_short_time() -> None:
    many = [replace(each, channel_id=str(each.id)) for each in traces(30, step=20.0)]
    assert find("many-cameras", many) is not None
    assert find("many-cameras", many[1:]) is None
    slow = [replace(each, channel_id=str(each.id)) for each in traces(100, step=21.0)]
    assert find("many-cameras", slow) is None
    assert find("many-cameras", traces(100)) is None


@pytest.mark.parametrize(
    ("code", "kind", "count"),
    [
        ("refusals", Kind.REFUSAL, 10),
        ("failed-sign-ins", Kind.SIGN_IN, 10),
        ("many-downloads", Kind.DOWNLOAD, 40),
        ("break-glass", Kind.EMERGENCY, 1),
        ("mark-tampered", Kind.TAMPERING, 1),
    ],
)
def test_what_is_counted_by_its_kind(code: str, kind: Kind, count: int) -> None:
    assert find(code, [*traces(count - 1, kind), *traces(1000)]) is None
    hit = find(code, traces(count, kind))
    assert hit is not None
    assert hit.threshold == count


def test_looks_after_a_certificate_ran_out() -> None:
    late = [replace(trace, uncertified=True) for trace in traces(2)]
    assert find("certificate-expired", traces(5)) is None
    hit = find("certificate-expired", [*traces(5), *late])
    assert hit is not None
    assert hit.figure == 2


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_what_a_closed_finding_counted_counts_no_more(rule: Rule) -> None:
    kind = sorted(rule.kinds, key=lambda kind: kind.value)[0]
    far = [
        replace(each, channel_id=str(each.id), division=f"35{each.id:04}", uncertified=True)
        for each in traces(500, kind, begin=SPAN.begin + HOUR)
    ]
    hit = judge(rule, far, SETTLED, SETTINGS, SPAN)
    assert hit is not None
    assert judge(rule, far, SETTLED, SETTINGS, replace(SPAN, after=far[-1].at)) is None


@given(st.integers(0, 300), st.integers(0, 300), st.sampled_from(RULES))
def test_more_of_the_same_is_never_less_unusual(fewer: int, more: int, rule: Rule) -> None:
    kind = sorted(rule.kinds, key=lambda kind: kind.value)[0]
    little, much = traces(fewer, kind), traces(fewer + more, kind)
    before = judge(rule, little, SETTLED, SETTINGS, SPAN)
    after = judge(rule, much, SETTLED, SETTINGS, SPAN)
    if before is not None:
        assert after is not None
        assert after.figure >= before.figure
        assert after.figure >= after.threshold
        assert rule.against is not Against.FIXED or after.usual is None
