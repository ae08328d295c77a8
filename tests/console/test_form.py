import pytest

from tongshi.api.text import Language, Words
from tongshi.console.form import name_of, plain_of, tell_faults, unflatten, value_at
from tongshi.gb28181.manscdp import OsdConfig, VideoParamOpt, VideoRecordPlan
from tongshi.gb28181.manscdp.check import Breach, Fault
from tongshi.gb28181.manscdp.config import SvacEncodeConfig
from tongshi.gb28181.manscdp.schema import build, fields_of, to_plain
from tongshi.gb28181.version import Version

ENGLISH = Words(Language.EN)


def test_paths_make_a_tree_and_blank_fields_are_nothing() -> None:
    pairs = [("a", " 1 "), ("b.0.c", "2"), ("b.7.c", "3"), ("d", "  "), ("a", "9")]
    assert unflatten(pairs) == {"a": "1", "b": {"0": {"c": "2"}, "7": {"c": "3"}}}


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.b.c.d.e.f.g"])
def test_what_is_no_path_is_passed_over(path: str) -> None:
    assert unflatten([(path, "1")]) == {}


def test_a_path_through_a_value_is_passed_over() -> None:
    assert unflatten([("a", "1"), ("a.b", "2")]) == {"a": "1"}


def test_a_weeks_plan_with_rows_taken_out_becomes_the_block() -> None:
    pairs = [("on", "1"), ("stream_number", "0"), ("days.3.day", "6"), ("days.10.day", "7")]
    hours = {"start_hour": 8, "stop_hour": 18}
    clock = {"start_minute", "start_second", "stop_minute", "stop_second"}
    for day in ("3", "10"):
        begin = f"days.{day}.segments.2"
        pairs += [(f"{begin}.{name}", str(hour)) for name, hour in hours.items()]
        pairs += [(f"{begin}.{name}", "0") for name in clock]
    rows = fields_of(VideoRecordPlan)
    plain = plain_of(unflatten(pairs), rows)
    block = build(VideoRecordPlan, plain, Version.V2022)
    assert [(day.day, len(day.segments)) for day in block.days] == [(6, 1), (7, 1)]
    assert value_at(to_plain(block), "days.1.segments.0.stop_hour") == 18


def test_groups_and_what_devices_only_tell() -> None:
    tree = unflatten([("svc.space_mode", "1"), ("svc.space_support", "3"), ("nonsense", "x")])
    assert plain_of(tree, fields_of(SvacEncodeConfig)) == {"svc": {"space_mode": "1"}}
    assert plain_of(unflatten([("resolutions", "1/2")]), fields_of(VideoParamOpt)) == {}


def test_shapes_that_do_not_fit_break_nothing() -> None:
    rows = fields_of(OsdConfig)
    assert plain_of(unflatten([("texts", "x"), ("length.0", "5")]), rows) == {"length": ""}
    assert plain_of(unflatten([("texts.x.text", "a"), ("texts.1", "b")]), rows) == {"texts": []}
    assert plain_of(unflatten([(f"texts.{'9' * 5000}.text", "a")]), rows) == {"texts": []}


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.0.b", 1), ("a.1.b", None), ("a.x", None), ("a.0.b.c", None), ("z", None)],
)
def test_values_by_path(path: str, value: object) -> None:
    assert value_at({"a": [{"b": 1}]}, path) == value


def test_faults_are_told_in_words_of_the_form() -> None:
    rows = fields_of(VideoRecordPlan)
    fault = Fault("days.0.segments.2.stop_hour", Breach.HIGH, "24")
    told = tell_faults([fault], rows, ENGLISH)
    assert told == ["Days 1 · Stretches of the day 3 · To, hour is more than 24"]
    assert name_of("0.nothing", rows, ENGLISH) == "0 · nothing"
