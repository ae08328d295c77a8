"""Every single tampering with an export is found: by random tampering, and by name."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tongshi.audit.chain import digest_row, genesis, link, name_node
from tongshi.audit.entry import PLATFORM, Act, Actor, clean, encode_act
from tongshi.audit.fault import Fault
from tongshi.audit.head import Head, Purpose, SignedHead, from_plain, sign
from tongshi.audit.statement import chain_line, end_line, head_line, row_line
from tongshi.audit.verify import MOST, Examination, Report, examine

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
BEGAN = 1_700_000_000.0
LI = Actor(3, "Li", "Office", "192.0.2.7")

Plain = dict[str, Any]


def row_of(number: int, part: str) -> dict[str, object]:
    if part == "look":
        return {"id": number, "begun_at": BEGAN + number, "person": "Li", "purpose": "duty"}
    return {"entry_id": number, "ended_at": BEGAN + number + 0.5, "how": "closed", "watched": 0.5}


def act_at(seq: int) -> tuple[Act, list[Plain]]:
    """Return the act of a place, and the row that goes with it: every third pair is a look."""
    if seq % 3 == 0:
        return LI.act("trace.begun", f"device {seq}", seconds=60.0, note="说明"), []
    part = "look" if seq % 3 == 1 else "ending"
    row = row_of(1 + seq // 3, part)
    what = "look-begun" if part == "look" else "look-ended"
    number = row["id"] if part == "look" else row["entry_id"]
    assert isinstance(number, int)
    act = PLATFORM.act(what, entry=number, row=digest_row(row))
    return act, [dict(row_line(part, row))]


def head_at(purpose: Purpose, number: int, seq: int, digest: str) -> SignedHead:
    lasted = float(seq)
    node = name_node(PUBLIC)
    return sign(Head(purpose, node, number, seq, digest, BEGAN + lasted, seq, BEGAN, lasted), KEY)


def export(
    count: int, every: int = 4, *, anchor: int = 0, walls: Plain | None = None
) -> list[Plain]:
    """Return the lines of a chain of *count* entries with a head at each *every* and at the end."""
    digest = genesis(PUBLIC)
    lines: list[Plain] = [dict(chain_line(PUBLIC, "Town", BEGAN, rows=True))]
    lines.append(dict(head_line(head_at(Purpose.ANCHOR, 0, 0, digest))))
    number = 0
    for seq in range(1, count + 1):
        act, rows = act_at(seq)
        act = clean(act)
        wall = (walls or {}).get(str(seq), BEGAN + seq)
        digest = link(digest, encode_act(seq, wall, act))
        entry = {
            "type": "entry",
            "seq": seq,
            "wall": wall,
            "what": act.what,
            "person_id": act.person_id,
            "person": act.person,
            "unit": act.unit,
            "address": act.address,
            "object": act.object,
            "outcome": act.outcome,
            "details": dict(act.details),
            "digest": digest,
        }
        number += seq % every == 0 or seq == count
        if seq == anchor:
            lines.append(dict(head_line(head_at(Purpose.ANCHOR, number, seq, digest))))
        if seq <= anchor:
            continue
        lines += [entry, *rows]
        if seq % every == 0 or seq == count:
            lines.append(dict(head_line(head_at(Purpose.HEAD, number, seq, digest))))
    return [*lines, dict(end_line(count - anchor))]


def heads_of(lines: list[Plain]) -> list[SignedHead]:
    return [from_plain(line) for line in lines if line.get("purpose") == "head"]


def faults(report: Report) -> list[tuple[Fault, int]]:
    return [(finding.fault, finding.seq) for finding in report.findings]


def at(lines: list[Plain], seq: int) -> Plain:
    return next(line for line in lines if line["type"] == "entry" and line["seq"] == seq)


# What holds


@pytest.mark.parametrize(
    ("count", "anchor"), [(0, 0), (1, 0), (11, 0), (40, 0), (40, 16), (40, 40)]
)
def test_a_chain_that_nobody_touched_holds(count: int, anchor: int) -> None:
    lines = export(count, anchor=anchor)
    report = examine(lines, PUBLIC, heads_of(export(count)))
    assert report.holds, report.findings
    assert not report.findings
    assert report.entries == count - anchor
    assert (report.first, report.last) == ((anchor + 1, count) if count > anchor else (0, 0))
    assert report.given
    assert report.unsealed == 0
    assert report.worst is None


def test_heads_of_the_witness_that_are_older_than_what_is_kept_are_counted() -> None:
    report = examine(export(40, anchor=16), PUBLIC, heads_of(export(40)))
    assert (report.witnessed, report.passed) == (10, 3)


def test_without_a_key_the_export_s_own_is_taken_and_said_so() -> None:
    report = examine(export(5))
    assert report.holds
    assert report.key == PUBLIC.hex()
    assert not report.given


def test_entries_that_no_head_vouches_for_yet_are_told() -> None:
    lines = export(10)
    lines.remove(next(line for line in lines if line.get("seq") == 10 and line["type"] == "head"))
    report = examine(lines, PUBLIC)
    assert report.holds
    assert report.unsealed == 2


# What does not hold, by name


def test_an_edited_entry_is_named() -> None:
    lines = export(20)
    at(lines, 9)["person"] = "Wang"
    report = examine(lines, PUBLIC)
    assert faults(report) == [(Fault.EDITED, 9)]
    assert report.worst is not None
    assert "9" in report.worst.say(0)
    assert "entry 9 was altered" in report.worst.say(1)


def test_an_edited_digest_is_one_finding() -> None:
    lines = export(20)
    at(lines, 9)["digest"] = "0" * 64
    assert faults(examine(lines, PUBLIC)) == [(Fault.EDITED, 9)]


@pytest.mark.parametrize("value", [None, 5, "short", "G" * 64])
def test_a_digest_that_is_none_is_found(value: object) -> None:
    lines = export(20)
    at(lines, 9)["digest"] = value
    assert faults(examine(lines, PUBLIC)) == [(Fault.EDITED, 9)]


def test_an_entry_with_a_value_that_no_entry_has_is_found() -> None:
    lines = export(20)
    at(lines, 9)["wall"] = float("nan")
    assert faults(examine(lines, PUBLIC))[0] == (Fault.EDITED, 9)


def test_missing_entries_are_named() -> None:
    lines = [line for line in export(20) if not (line["type"] == "entry" and line["seq"] in (5, 6))]
    report = examine(lines, PUBLIC)
    assert faults(report)[0] == (Fault.MISSING, 5)
    assert report.findings[0].facts["last"] == 6


def test_entries_that_changed_their_places_are_named() -> None:
    lines = export(21)
    a, b = (lines.index(at(lines, seq)) for seq in (5, 6))
    lines[a], lines[b] = lines[b], lines[a]
    found = faults(examine(lines, PUBLIC))
    assert found[0] == (Fault.ORDER, 5)


def test_an_entry_that_stands_twice_is_named() -> None:
    lines = export(20)
    lines.insert(lines.index(at(lines, 9)), copy.deepcopy(at(lines, 8)))
    assert faults(examine(lines, PUBLIC))[0] == (Fault.ORDER, 8)


def test_a_chain_that_was_rewritten_with_all_its_digests_is_caught_by_the_next_head() -> None:
    """Whoever has the store but not the key can recompute digests, and no signature."""
    lines = export(20)
    at(lines, 6)["person"] = "Wang"
    relink(lines)
    report = examine(lines, PUBLIC)
    assert faults(report)[0] == (Fault.REWRITTEN, 5)
    assert report.findings[0].facts == {"last": 8, "number": 2}


def test_a_truncated_chain_is_named() -> None:
    lines = [line for line in export(20) if line.get("seq", 0) <= 13 or line["type"] == "head"]
    report = examine(lines, PUBLIC)
    assert (Fault.TRUNCATED, 14) in faults(report)


def test_the_store_of_yesterday_is_found_by_the_witness_alone() -> None:
    today, yesterday = export(20), export(12)
    assert examine(yesterday, PUBLIC).holds
    report = examine(yesterday, PUBLIC, heads_of(today))
    assert faults(report) == [(Fault.WITNESS_BEYOND, 12)]
    assert report.findings[0].facts["last"] == 20


def test_a_chain_that_went_on_after_a_rollback_is_found_by_the_witness() -> None:
    """With the node's own key: every signature holds, and only the witness remembers."""
    before, after = export(12), export(16, every=3)
    report = examine(after, PUBLIC, [*heads_of(before), *heads_of(export(8)), *heads_of(after)])
    assert Fault.WITNESS_BACK in {fault for fault, _ in faults(report)}
    other = [head_at(Purpose.HEAD, 4, 12, "ab" * 32)]
    assert faults(examine(after, PUBLIC, other)) == [(Fault.WITNESS_DIFFERS, 12)]


def test_a_witness_of_another_node_or_a_forged_one_is_found() -> None:
    heads = heads_of(export(12))
    forged = [replace(heads[0], signature="00" * 64), *heads[1:]]
    assert faults(examine(export(12), PUBLIC, forged)) == [(Fault.WITNESS_FORGED, 4)]


def test_a_changed_head_and_swapped_heads_are_found() -> None:
    lines = export(20)
    first, second = [line for line in lines if line.get("purpose") == "head"][:2]
    first["wall"] = first["wall"] + 1
    assert faults(examine(lines, PUBLIC))[0] == (Fault.FORGED_HEAD, 4)
    first["wall"] = first["wall"] - 1
    a, b = lines.index(first), lines.index(second)
    lines[a], lines[b] = second, first
    assert Fault.HEAD_ORDER in {fault for fault, _ in faults(examine(lines, PUBLIC))}


@pytest.mark.parametrize(("number", "seq"), [(1, 8), (2, 12), (5, 20)])
def test_a_missing_head_is_found(number: int, seq: int) -> None:
    """The newest one by the witness alone: an alteration that takes no entry away."""
    lines = export(20)
    witness = heads_of(lines)
    lines.remove(next(x for x in lines if x["type"] == "head" and x["number"] == number))
    report = examine(lines, PUBLIC, witness)
    assert faults(report) == [(Fault.HEAD_MISSING, seq)]
    assert report.findings[0].facts == {"number": number, "last": number}
    assert examine(lines, PUBLIC).holds == (number == 5)


def test_a_genesis_of_another_key_is_no_genesis() -> None:
    lines = export(5)
    lines[1] = dict(head_line(head_at(Purpose.ANCHOR, 0, 0, "ab" * 32)))
    found = faults(examine(lines, PUBLIC))
    assert found[:2] == [(Fault.FORGED_ANCHOR, 0), (Fault.NO_ANCHOR, 0)]


def test_old_entries_taken_away_without_an_anchor_are_missing() -> None:
    lines = [line for line in export(20) if not (line["type"] == "entry" and line["seq"] < 8)]
    report = examine(lines, PUBLIC)
    assert (Fault.MISSING, 1) in faults(report)


def test_a_head_does_not_pass_for_an_anchor() -> None:
    lines = [line for line in export(20) if not (line["type"] == "entry" and line["seq"] <= 8)]
    head = next(line for line in lines if line.get("seq") == 8 and line["type"] == "head")
    lines.insert(2, {**head, "purpose": "anchor"})
    found = faults(examine(lines, PUBLIC))
    assert found[0] == (Fault.FORGED_ANCHOR, 8)
    assert (Fault.MISSING, 1) in found


def test_another_key_is_told() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    report = examine(export(5), other)
    assert report.findings[0].fault is Fault.OTHER_KEY
    assert not report.holds


def test_register_rows_are_held_against_their_entries() -> None:
    lines = export(20)
    look = next(line for line in lines if line["type"] == "look" and line["row"]["id"] == 3)
    look["row"]["purpose"] = "other"
    assert faults(examine(lines, PUBLIC)) == [(Fault.ROW_EDITED, 7)]
    lines.remove(look)
    report = examine(lines, PUBLIC)
    assert faults(report) == [(Fault.ROW_MISSING, 7)]
    assert "beginning of register entry 3" in report.findings[0].say(1)
    lines = export(20)
    lines.insert(5, {"type": "ending", "row": row_of(77, "ending")})
    assert [fault for fault, _ in faults(examine(lines, PUBLIC))] == [Fault.ROW_STRAY]


def test_a_file_that_is_none_or_is_cut_off_is_told() -> None:
    assert faults(examine([{"x": 1}]))[0] == (Fault.NO_HEADER, 0)
    assert faults(examine(export(5)[:-1])) == [(Fault.CUT, 0)]
    lines = export(5)
    lines[3:3] = [
        {},
        {"type": "head"},
        {"type": "entry", "seq": "x"},
        {"type": "entry", "seq": True},
    ]
    assert [fault for fault, _ in faults(examine(lines))] == [Fault.UNREADABLE] * 4


def test_nothing_at_all_does_not_hold() -> None:
    assert not examine([]).holds


# Clocks


def test_a_clock_that_went_back_is_a_lesser_finding() -> None:
    lines = export(10, walls={"6": BEGAN - 300})
    report = examine(lines, PUBLIC)
    assert report.holds
    assert faults(report) == [(Fault.CLOCK_BACK, 6)]
    assert not report.findings[0].grave


def test_a_clock_that_leapt_between_two_heads_is_a_lesser_finding() -> None:
    lines = export(4)
    digest = at(lines, 4)["digest"]
    node = name_node(PUBLIC)
    lines[-1:-1] = [
        dict(
            head_line(sign(Head(Purpose.HEAD, node, 2, 4, digest, BEGAN + 7264, 4, BEGAN, 64), KEY))
        )
    ]
    report = examine(lines, PUBLIC)
    assert report.holds
    assert faults(report) == [(Fault.CLOCK_LEAP, 4)]
    assert report.findings[0].facts["by"] == 7200.0


def test_a_flood_of_jumps_does_not_hide_the_broken_entry() -> None:
    count = 2 * MOST + 10
    walls = {str(seq): BEGAN - 20 * seq for seq in range(1, count + 1)}
    lines = export(count, walls=walls)
    at(lines, count - 1)["person"] = "Wang"
    report = examine(lines, PUBLIC)
    assert report.worst is not None
    assert report.worst.fault is Fault.EDITED
    assert report.more > 0
    assert len(report.findings) == MOST + 1


def test_a_jump_that_the_node_noticed_is_told() -> None:
    examination = Examination(PUBLIC)
    for line in export(0)[:-1]:
        examination.take(line)
    act = clean(PLATFORM.act("clock.jumped", by=-3600.0))
    digest = link(genesis(PUBLIC), encode_act(1, BEGAN, act))
    line = {"type": "entry", "seq": 1, "wall": BEGAN, "what": act.what, "person_id": None}
    line |= {"person": "", "unit": "", "address": "", "object": "", "outcome": "done"}
    examination.take({**line, "details": dict(act.details), "digest": digest})
    assert examination.entries == 1
    examination.take(end_line(1))
    report = examination.finish()
    assert report.holds
    assert faults(report) == [(Fault.CLOCK_TOLD, 1)]


# Any single tampering


def relink(lines: list[Plain]) -> None:
    """Recompute every digest, as anybody can who has the store."""
    digest = genesis(PUBLIC)
    for line in lines:
        if line["type"] == "entry":
            act = Act(
                line["what"],
                line["person_id"],
                line["person"],
                line["unit"],
                line["address"],
                line["object"],
                line["outcome"],
                line["details"],
            )
            digest = line["digest"] = link(digest, encode_act(line["seq"], line["wall"], act))


def edit_entry(lines: list[Plain], draw: st.DataObject) -> None:
    line = draw.draw(st.sampled_from([line for line in lines if line["type"] == "entry"]))
    name = draw.draw(st.sampled_from(sorted(set(line) - {"type"})))
    line[name] = draw.draw(
        st.one_of(st.text(max_size=4), st.integers(), st.none(), st.booleans()).filter(
            lambda value: value != line[name] or type(value) is not type(line[name])
        )
    )


def edit_and_relink(lines: list[Plain], draw: st.DataObject) -> None:
    line = draw.draw(st.sampled_from([line for line in lines if line["type"] == "entry"]))
    line["person"] += "x"
    relink(lines)


def delete(lines: list[Plain], draw: st.DataObject) -> None:
    lines.remove(draw.draw(st.sampled_from([x for x in lines if x["type"] != "end"])))


def delete_and_renumber(lines: list[Plain], draw: st.DataObject) -> None:
    gone = draw.draw(st.sampled_from([line for line in lines if line["type"] == "entry"]))
    lines.remove(gone)
    for line in lines:
        if line["type"] == "entry" and line["seq"] > gone["seq"]:
            line["seq"] -= 1
    relink(lines)


def insert(lines: list[Plain], draw: st.DataObject) -> None:
    places = [at for at, line in enumerate(lines) if line["type"] == "entry"]
    place = draw.draw(st.sampled_from(places))
    lines.insert(place, copy.deepcopy(lines[draw.draw(st.sampled_from(places))]))


def reorder(lines: list[Plain], draw: st.DataObject) -> None:
    places = [at for at, line in enumerate(lines) if line["type"] == "entry"]
    a, b = draw.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True))
    lines[a], lines[b] = lines[b], lines[a]


def exchange(lines: list[Plain], draw: st.DataObject) -> None:
    """Exchange the contents of two entries, places and digests staying, as in a store."""
    entries = [line for line in lines if line["type"] == "entry"]
    a, b = draw.draw(st.permutations(entries))[:2]
    kept = ("seq", "digest")
    one, other = ({k: v for k, v in line.items() if k not in kept} for line in (a, b))
    a.update(other)
    b.update(one)


def truncate(lines: list[Plain], draw: st.DataObject) -> None:
    seqs = [line["seq"] for line in lines if line["type"] == "entry"]
    last = draw.draw(st.sampled_from(seqs[:-1]))
    lines[:] = [x for x in lines if not (x["type"] == "entry" and x["seq"] > last)]


def roll_back(lines: list[Plain], draw: st.DataObject) -> None:
    """An earlier state, whole: entries, heads and rows."""
    entries = [line for line in lines if line["type"] == "entry"]
    last = draw.draw(st.sampled_from(entries[1:]))
    lines[lines.index(last) :] = [dict(end_line(last["seq"] - 1))]


def change_head(lines: list[Plain], draw: st.DataObject) -> None:
    line = draw.draw(st.sampled_from([line for line in lines if line["type"] == "head"]))
    name = draw.draw(st.sampled_from(sorted(set(line) - {"type"})))
    line[name] = draw.draw(
        st.one_of(st.integers(0, 99), st.sampled_from(["head", "anchor", "ab" * 32])).filter(
            lambda value: value != line[name]
        )
    )


def swap_heads(lines: list[Plain], draw: st.DataObject) -> None:
    places = [at for at, line in enumerate(lines) if line["type"] == "head"]
    a, b = draw.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True))
    lines[a], lines[b] = lines[b], lines[a]


def exchange_signatures(lines: list[Plain], draw: st.DataObject) -> None:
    heads = [line for line in lines if line["type"] == "head"]
    a, b = draw.draw(st.permutations(heads))[:2]
    a["signature"], b["signature"] = b["signature"], a["signature"]


def edit_row(lines: list[Plain], draw: st.DataObject) -> None:
    line = draw.draw(st.sampled_from([x for x in lines if x["type"] in ("look", "ending")]))
    name = draw.draw(st.sampled_from(sorted(line["row"])))
    value = draw.draw(st.one_of(st.text(max_size=3), st.integers(), st.none()))
    if value == line["row"][name]:
        value = "altered"
    line["row"][name] = value


TAMPERINGS: list[Callable[[list[Plain], st.DataObject], None]] = [
    edit_entry,
    edit_and_relink,
    delete,
    delete_and_renumber,
    insert,
    reorder,
    exchange,
    truncate,
    roll_back,
    change_head,
    swap_heads,
    exchange_signatures,
    edit_row,
]


@given(st.data(), st.integers(6, 24), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda one: one.__name__)
def test_any_single_tampering_is_found(
    tamper: Callable[[list[Plain], st.DataObject], None],
    data: st.DataObject,
    count: int,
    every: int,
) -> None:
    lines = export(count, every)
    witness = heads_of(lines)
    assert examine(lines, PUBLIC, witness).holds
    tamper(lines, data)
    report = examine(lines, PUBLIC, witness)
    assert not report.holds
    worst = report.worst
    assert worst is not None
    assert worst.grave
    for language in (0, 1):
        assert worst.say(language)
    # Only what is older in every respect needs the witness: all of it, or the newest head alone.
    if worst.fault not in (Fault.WITNESS_BEYOND, Fault.HEAD_MISSING):
        assert not examine(lines, PUBLIC).holds
