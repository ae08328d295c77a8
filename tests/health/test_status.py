from hypothesis import given
from hypothesis import strategies as st

from tongshi.health.status import HEARD, SILENT, Evidence, Presence, advance
from tongshi.registry.state import State

ONLINE, OFFLINE, UNKNOWN = State.ONLINE, State.OFFLINE, State.UNKNOWN


def test_the_first_evidence_is_believed() -> None:
    assert advance(None, Evidence(ONLINE, "registered", 100.0, 100.0)) == Presence(
        ONLINE, "registered", 100.0, 100.0, 100.0
    )


def test_a_state_that_goes_on_keeps_its_begin_and_reason() -> None:
    known = Presence(ONLINE, "registered", 100.0, 100.0, 100.0)
    assert advance(known, Evidence(ONLINE, HEARD, 160.0, 160.0)) == Presence(
        ONLINE, "registered", 100.0, 100.0, 160.0
    )
    assert advance(known, Evidence(ONLINE, HEARD, 160.0)) is known


def test_silence_begins_at_the_last_sign_of_life() -> None:
    known = Presence(ONLINE, "registered", 100.0, 100.0, 160.0)
    assert advance(known, Evidence(OFFLINE, "missed", 340.0, 160.0)) == Presence(
        OFFLINE, "missed", 160.0, 340.0, 160.0
    )
    # Even when it was never heard but for its registration, and before anything is known.
    assert advance(None, Evidence(OFFLINE, "expired", 340.0, 160.0)).since == 160.0
    assert advance(None, Evidence(OFFLINE, "expired", 340.0)).since == 340.0


def test_a_goodbye_begins_when_it_is_said() -> None:
    known = Presence(ONLINE, "registered", 100.0, 100.0, 160.0)
    assert advance(known, Evidence(OFFLINE, "unregistered", 340.0, 339.0)).since == 340.0


def test_a_silence_that_was_broken_meanwhile_is_none() -> None:
    known = Presence(ONLINE, "registered", 100.0, 100.0, 330.0)
    assert advance(known, Evidence(OFFLINE, "missed", 340.0, 160.0)) is known


def test_late_evidence_changes_no_state() -> None:
    known = Presence(OFFLINE, "unregistered", 200.0, 200.0, 190.0)
    late = Evidence(ONLINE, HEARD, 195.0, 195.0)
    assert advance(known, late) == Presence(OFFLINE, "unregistered", 200.0, 200.0, 195.0)


def test_a_state_never_begins_before_the_one_that_it_ends() -> None:
    known = Presence(ONLINE, HEARD, 300.0, 300.0, 100.0)
    assert advance(known, Evidence(OFFLINE, "missed", 400.0, 100.0)).since == 300.0


EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(State),
    st.sampled_from(["registered", HEARD, "unregistered", "link-lost", *sorted(SILENT)]),
    st.floats(0, 1000),
    st.none() | st.floats(0, 1000),
)


@given(st.lists(EVIDENCE, min_size=1))
def test_time_never_runs_back(events: list[Evidence]) -> None:
    known: Presence | None = None
    for evidence in events:
        before, known = known, advance(known, evidence)
        assert known.since <= known.noticed
        if before is not None:
            assert known.since >= before.since
            assert known.noticed >= before.noticed
            assert (
                before.proof is None or (-1 if known.proof is None else known.proof) >= before.proof
            )
