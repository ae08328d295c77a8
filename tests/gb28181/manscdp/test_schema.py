from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.api.text import catalogue
from tongshi.errors import Invalid
from tongshi.gb28181 import ptz
from tongshi.gb28181.manscdp.answer import DeviceControlAnswer
from tongshi.gb28181.manscdp.check import Breach, Fault
from tongshi.gb28181.manscdp.config import (
    BLOCKS,
    BasicParam,
    Block,
    DaySchedule,
    FrameMirror,
    OsdConfig,
    SurveillanceParam,
    SvacEncodeConfig,
    TimeSegment,
    VideoParamOpt,
    VideoRecordPlan,
)
from tongshi.gb28181.manscdp.control import COMMANDS, AlarmCmd, Command, KeyFrameCmd, PtzCmd
from tongshi.gb28181.manscdp.notify import UploadSnapShotFinished
from tongshi.gb28181.manscdp.schema import (
    Option,
    Row,
    build,
    fields_of,
    from_plain,
    title_of,
    to_plain,
)
from tongshi.gb28181.manscdp.spec import Kind
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.version import Version

PLAN = VideoRecordPlan(True, (DaySchedule(7, (TimeSegment(8, 0, 0, 18, 30, 0),)),), 0)
PLAIN = {
    "on": True,
    "stream_number": 0,
    "days": [
        {
            "day": 7,
            "segments": [
                {
                    "start_hour": 8,
                    "start_minute": 0,
                    "start_second": 0,
                    "stop_hour": 18,
                    "stop_minute": 30,
                    "stop_second": 0,
                }
            ],
        }
    ],
}


def rows_below(rows: tuple[Row, ...]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from rows_below(row.rows)


def test_the_rows_of_a_form() -> None:
    rows = {row.name: row for row in fields_of(OsdConfig)}
    assert list(rows)[:2] == ["length", "width"]
    length, kind, texts = rows["length"], rows["time_type"], rows["texts"]
    assert (length.wire, length.title, length.kind) == ("Length", "config.length", Kind.WHOLE)
    assert (length.required, length.low, length.high, length.unit) == (True, 1, None, "px")
    assert kind.options == (Option(0, "config.time_type_0"), Option(1, "config.time_type_1"))
    assert (texts.many, texts.most, [row.name for row in texts.rows]) == (
        True,
        8,
        ["text", "x", "y"],
    )
    assert not length.many


def test_rows_of_lists_of_values_and_of_what_devices_tell() -> None:
    speeds, resolutions = fields_of(VideoParamOpt)
    assert speeds.many
    assert resolutions.told
    methods = next(row for row in fields_of(AlarmCmd) if row.name == "methods")
    assert (methods.many, methods.title) == (True, "command.methods")


def test_constants_are_nobodys_input() -> None:
    assert fields_of(KeyFrameCmd) == ()


@pytest.mark.parametrize("kind", [*BLOCKS, *COMMANDS])
def test_every_title_is_in_the_catalogue(kind: type[Block] | type[Command]) -> None:
    assert title_of(kind) in catalogue()
    for row in rows_below(fields_of(kind)):
        assert row.title in catalogue()
        for option in row.options:
            assert option.title in catalogue()


def test_every_text_is_some_title() -> None:
    rows = [row for kind in (*BLOCKS, *COMMANDS) for row in rows_below(fields_of(kind))]
    titles = {title_of(kind) for kind in (*BLOCKS, *COMMANDS)}
    titles |= {row.title for row in rows}
    titles |= {option.title for row in rows for option in row.options}
    texts = {key for key in catalogue() if key.startswith(("config.", "command."))}
    assert texts == titles


def test_alarms_have_their_texts() -> None:
    assert {f"alarm_method.{method}" for method in range(1, 8)} <= set(catalogue())
    kinds = {"2": 5, "5": 13, "6": 2}
    named = {f"alarm_type.{m}_{n}" for m, most in kinds.items() for n in range(1, most + 1)}
    assert named <= set(catalogue())
    assert {f"priority.{priority}" for priority in range(1, 5)} <= set(catalogue())


def test_plain_values_and_back() -> None:
    assert to_plain(PLAN) == PLAIN
    assert from_plain(VideoRecordPlan, PLAIN) == (PLAN, ())
    assert build(VideoRecordPlan, PLAIN, Version.V2022) == PLAN


def test_plain_values_of_other_kinds() -> None:
    assert to_plain(DeviceControlAnswer(1, "3", Outcome.OK)) == {"result": "OK"}
    assert to_plain(PtzCmd(ptz.Stop(), priority=3)) == {"word": "A50F0100000000B5", "priority": 3}
    assert to_plain(VideoParamOpt(("1", "2"))) == {"download_speeds": ["1", "2"]}
    marks = SvacEncodeConfig(surveillance=SurveillanceParam(True))
    assert to_plain(marks) == {"surveillance": {"time_mark": True}}
    assert from_plain(SvacEncodeConfig, to_plain(marks)) == (marks, ())


def test_values_as_browsers_write_them() -> None:
    given = {"name": "a", "expiration": "3600", "heart_beat_interval": 60.0, "heart_beat_count": ""}
    assert from_plain(BasicParam, given) == (BasicParam("a", 3600, 60), ())
    assert from_plain(AlarmCmd, {"methods": [2, 5], "types": "1/13"}) == (
        AlarmCmd(methods=(2, 5), types=(1, 13)),
        (),
    )
    assert from_plain(AlarmCmd, {"methods": []}) == (AlarmCmd(), ())


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"dance": 1}, Fault("dance", Breach.UNKNOWN)),
        ({"stream_number": "many"}, Fault("stream_number", Breach.KIND, "whole")),
        ({"stream_number": 1.5}, Fault("stream_number", Breach.KIND, "whole")),
        ({"stream_number": [1]}, Fault("stream_number", Breach.KIND, "whole")),
        ({"stream_number": {"a": 1}}, Fault("stream_number", Breach.KIND, "whole")),
        ({"days": 1}, Fault("days", Breach.KIND, "list")),
        ({"days": [1]}, Fault("days.0", Breach.KIND, "group")),
        ({"days": [{"dance": 1}]}, Fault("days.0.dance", Breach.UNKNOWN)),
        (
            {"days": [{"segments": [{"stop_hour": "x"}]}]},
            Fault("days.0.segments.0.stop_hour", Breach.KIND, "whole"),
        ),
    ],
)
def test_what_cannot_be_taken(given: dict[str, object], fault: Fault) -> None:
    assert from_plain(VideoRecordPlan, given)[1] == (fault,)


def test_leaves_of_a_list() -> None:
    finished = partial(UploadSnapShotFinished, 1, "3")
    assert from_plain(finished, {"files": ["a", "b"]}) == (finished(files=("a", "b")), ())
    taken, faults = from_plain(finished, {"files": ["a", {"b": 1}]})
    assert taken == finished(files=("a",))
    assert faults == (Fault("files.1", Breach.KIND, "text"),)


def test_build_tells_everything_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        build(FrameMirror, {"mirror": 7, "dance": 1}, Version.V2022)
    assert caught.value.faults == ("dance is not known", "mirror is none of 0, 1, 2, 3")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["days", "segments", "stop_hour", "on", "texts", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["days", "on", "texts", "length"]), JSON, max_size=4))
def test_anything_is_taken_or_told(given: dict[str, object]) -> None:
    for kind in (VideoRecordPlan, OsdConfig):
        value, faults = from_plain(kind, given)
        assert isinstance(value, kind)
        assert all(fault.path for fault in faults)
        assert from_plain(kind, to_plain(value)) == (value, ())
