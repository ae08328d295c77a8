"""The list of what devices do otherwise, each with what proves that it is handled.

The rows follow the list of deviations of the field by its sections, and then what was seen on the
wire of independent implementations.  A proof is a deviation of the simulator, a scenario of the
field, or the name of another test as ``folder/file::test``.
"""

import re
import runpy
from functools import cache
from pathlib import Path

import pytest

from tongshi.sim.quirks import QUIRKS

HERE = Path(__file__).parent

UNHANDLED = {
    "frozen-picture": (
        "Frames, time stamps and counters of the stream are as they should be; that the scene"
        " stands still is in the picture alone, which is shown as it is sent."
    ),
}
"""Deviations for which nothing has to be done, and why."""

ROWS: dict[str, dict[str, tuple[str, ...]]] = {
    "10.1": {
        "keepalive before or without REGISTER": (
            "keepalive-first",
            "10.1 keepalive without REGISTER",
            "signalling/test_platform.py::test_after_a_restart_a_keepalive_is_enough",
        ),
        "Route on later REGISTERs": ("route-on-refresh",),
        "stray bytes on the signalling port": ("stray-bytes",),
        "bodies taken away on the way": ("body-stripped",),
        "no authentication without algorithm": ("needs-algorithm",),
        "registers anew after the 200": ("registers-again",),
        "keeps alive only, on a new connection": (
            "keepalive-only",
            "10.1 keepalives only after a TCP reconnect",
        ),
        "address of the NAT changes": (
            "port-hops",
            "private-contact",
            "10.1 NAT address changes; same Call-ID, new address",
        ),
        "same Call-ID, new address": ("10.1 NAT address changes; same Call-ID, new address",),
        "settings that make it unregister": ("config-strict",),
        "101 as a provisional answer": ("provisional-101",),
        "answers without Contact or To tag": ("no-contact", "no-to-tag"),
        "answers without our Via": (
            "sip/test_client.py::test_answers_without_our_via_are_found_by_call_and_number",
        ),
        "storms after a power cut": (
            "signalling/test_platform.py::"
            "test_a_storm_of_registrations_is_answered_and_keepalives_with_it",
        ),
        "wrong clock; Date that misleads": ("clock-off", "10.1 Date misleads"),
        "another id in From than registered": (
            "end-outside",
            "signalling/test_reception.py::"
            "test_a_keepalive_under_another_name_counts_from_the_same_host",
        ),
        "codes of other than twenty digits": ("short-ids",),
        "a platform known by another id, or roles swapped": (
            "gb28181/test_ssrc.py::test_a_platforms_id_is_needed",
            "signalling/test_queries.py::test_failures_on_demand_are_raised_and_told",
        ),
        "proofs and passwords that others use or guess": (
            "early-authorization",
            "wrong-password",
            "10.1 many guess",
            "10.1 a device from another place",
            "10.1 overheard proofs",
        ),
        "restarts and deaths without a word": (
            "die-silently",
            "10.1 reboot without going offline",
        ),
        "Expires in Contact alone; numbers that stand still": (
            "expires-in-contact",
            "frozen-cseq",
        ),
    },
    "10.2": {
        "charsets other than declared": ("gb2312-utf8", "utf8-declared", "10.2 charset out"),
        "& and < as they are": ("unescaped-ampersand", "unescaped-less"),
        "control characters, double ends, text after the end, BOM": (
            "control-characters",
            "double-item-end",
            "text-after-root",
            "byte-order-mark",
        ),
        "documents cut off": ("xml-cut",),
        "spaces around values": ("padded-values",),
        "CmdType and SN as attributes": ("attribute-envelope",),
        "empty Info, null for numbers": ("empty-info",),
        "names in another charset": ("gb2312-utf8",),
    },
    "10.3": {
        "words for Status": ("status-forms",),
        "Parental that is not so": ("parental-65535",),
        "forms of ParentID": ("parent-forms",),
        "forms of CivilCode": ("civil-forms",),
        "places and addresses that are none": ("odd-places",),
        "itself among its channels": ("self-in-catalog",),
        "the same codes on two devices": (
            "common-ids",
            "registry/test_service.py::test_equal_ids_below_two_devices_are_two_cameras",
        ),
        "absent from a partial catalog": (
            "catalog-cut",
            "registry/test_merge.py::test_a_partial_catalog_never_removes",
        ),
        "totals and numbers that are wrong": (
            "sumnum-big",
            "sumnum-small",
            "sumnum-changing",
            "num-wrong",
            "duplicate-parts",
        ),
        "no catalog at all": ("no-catalog",),
        "unknown channels, wrong states in notices": (
            "unknown-notified",
            "wrong-status-notified",
            "event-last",
        ),
    },
    "10.4": {
        "large answers over UDP that break": (
            "xml-cut",
            "net/test_udp.py::test_the_granted_buffer_is_read_back_and_a_small_one_warned_of",
        ),
    },
    "10.5": {
        "descriptions out of order are refused": ("strict-sdp",),
        "no y=, or another": ("no-y-no-f", "other-y"),
        "an INVITE without y=": ("gb28181/test_invite.py::test_an_offer_without_ssrc_gets_ours",),
        "spaces around y=": ("padded-y",),
        "port 0, private or zero address": ("port-zero", "private-c", "zero-c"),
        "filesize -1": ("filesize-minus-one",),
        "no setup; UDP where TCP was asked": ("no-setup", "udp-for-tcp"),
        "ends of lines": ("no-final-crlf", "crcrlf"),
        "PCMA/8000/1": ("pcma-mono", "no-rtpmap"),
        "records only of Type all": ("records-need-all",),
        "other names in answers": ("home-cmdtype", "upgrade-other-name"),
        "lines for the sub stream": (
            "substream-stream",
            "substream-streamprofile",
            "substream-streammode",
            "10.5 maker by maker",
        ),
        "busy devices; 400 until a restart": (
            "refuse-invite",
            "ignore-invite",
            "sessions",
            "refuse-after",
        ),
        "long lists of formats": ("one-payload", "10.5 long payload list"),
    },
    "10.6": {"SSRC 0 or of its own": ("ssrc-zero", "ssrc-other")},
    "10.7": {
        "counter in the stuffing of packs": ("pack-counter",),
        "no system header, no map, or one map": ("no-psm", "psm-once"),
        "lengths and CRC of the map": ("wrong-psm-length", "wrong-psm-crc", "avcc-in-psm"),
        "lengths of packets, false start codes": (
            "zero-length-pes",
            "small-pes",
            "pes-too-long",
            "trailing-garbage",
        ),
        "private streams": ("private-stream",),
        "other payload types": ("payload-type-100", "payload-type-69"),
        "AAC under the name of G.711": ("media/test_ps.py::test_sound_announced_as_g711_but_aac",),
        "sound of an unknown kind": ("wrong-sound-type",),
        "odd headers of packets": ("odd-pes-header",),
        "framing of TCP that breaks": ("torn-frames", "dollar-framing"),
        "RTCP among media": ("rtcp-inside",),
        "packets out of order": (
            "media/test_reorder.py::test_a_packet_that_overtakes_in_the_window_is_counted",
        ),
        "time stamps that jump, differ or lack markers": (
            "stamps-per-packet",
            "stamps-jump-back",
            "no-marker",
        ),
        "H.265 under the name of H.264": ("wrong-stream-type",),
        "nothing comes, a picture without its group, the same scene": (
            "no-media",
            "mid-group",
            "frozen-picture",
        ),
    },
    "10.8": {
        "a stop is lost; errors that nobody asked for": ("ptz-stop-lost", "control-error-anyway"),
        "no answer to controls": ("control-silent",),
        "a reason in place of a position": ("ptz-position-error",),
        "key frames in one spelling": ("iframe-2016-only",),
        "speeds: forms, ineffective, backwards": (
            "scale-six-decimals-refused",
            "scale-ineffective",
            "no-reverse",
            "reverse-one",
        ),
        "answers to INFO": ("info-without-body", "inner-status-outside"),
        "the end of a recording": ("end-outside", "end-by-bye", "end-silent"),
        "settings: other names, silence, addressee": (
            "config-other-name",
            "config-silent",
            "config-needs-device",
        ),
        "queries of records that fail": (
            "records-day-only",
            "records-unsorted",
            "records-twice",
        ),
        "lists of presets without a total": ("presets-no-sumnum",),
        "positions as alarms": ("gps-by-alarm",),
        "a name cut within a character": ("broken-hanzi",),
        "subscriptions refused, forgotten, answered oddly": (
            "no-subscribe",
            "subscription-forgotten",
            "subscribe-body",
            "notify-without-id",
            "notify-by-message",
        ),
        "broadcasts: order, transport, names, refusals": (
            "invite-before-response",
            "listen-over-tcp",
            "listen-passively",
            "listen-without-y",
            "swapped-subject",
            "broadcast-refused",
            "broadcast-no-invite",
            "talk-by-invite",
        ),
        "uploads and upgrades": (
            "upload-raw",
            "upload-put",
            "upload-appended",
            "upload-fewer",
            "upgrade-fails",
        ),
        "no answer to anything": ("deaf",),
    },
    "seen": {
        "1 credentials in the first REGISTER, numbers that repeat": (
            "early-authorization",
            "frozen-cseq",
        ),
        "2 bare REGISTERs, own address in From": ("bare-registers", "own-address-in-from"),
        "3 a logout first": ("logout-first",),
        "4 answers without y= and f=": ("no-y-no-f",),
        "5 channel named elsewhere, three addresses, constant branch": (
            "gb28181/test_invite.py::test_who_is_asked_for",
            "sip/test_field.py::test_three_different_addresses_in_via_contact_and_sdp",
        ),
        "6 the SSRC of a lower leg": ("ssrc-other",),
        "7 milliseconds, avcC in the map, split packets": (
            "rtp-milliseconds",
            "avcc-in-psm",
            "small-pes",
        ),
        "8 port 0, CR CR LF, transport streams": ("port-zero", "crcrlf", "mpegts"),
        "9 the answer before the 200; parts of any size": ("response-first", "num-wrong"),
        "10 answers on the connection of the request": (
            "net/test_tcp.py::test_answers_go_back_on_the_connection_of_the_request",
        ),
        "11 own addresses behind a NAT": (
            "signalling/test_facing.py::test_a_configured_address_is_told_to_everyone",
        ),
        "12 silent devices": ("signalling/test_queries.py::test_silent_devices_delay_nobody",),
        "13 the buffer of UDP": (
            "net/test_udp.py::test_the_granted_buffer_is_read_back_and_a_small_one_warned_of",
        ),
    },
}


@cache
def proved() -> dict[str, str]:
    """Return what the scenarios beside this file prove, with the file of each."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob("test_*.py")):
        if path.name == Path(__file__).name:
            continue
        names = runpy.run_path(str(path))
        for name in (*names.get("CASES", ()), *names.get("PATHS", ())):
            assert name not in found, f"{name} is in {found[name]} and in {path.name}"
            found[name] = path.name
    return found


def rows() -> list[tuple[str, str]]:
    return [(section, row) for section, table in ROWS.items() for row in table]


def test_every_deviation_of_the_simulator_is_proved_or_needs_nothing() -> None:
    scenarios = {name for name in proved() if not re.match(r"\d+\.\d ", name)}
    assert scenarios | UNHANDLED.keys() == QUIRKS.keys()
    assert not scenarios & UNHANDLED.keys()
    assert all(len(why) > 40 for why in UNHANDLED.values())


@pytest.mark.parametrize(("section", "row"), rows())
def test_every_row_names_what_proves_it(section: str, row: str) -> None:
    proofs = ROWS[section][row]
    assert proofs
    for proof in proofs:
        path, colons, name = proof.partition("::")
        if colons:
            assert f"def {name}(" in (HERE.parent / path).read_text("utf-8"), proof
        else:
            assert proof in proved() or proof in UNHANDLED, proof


def test_the_list_is_whole() -> None:
    assert list(ROWS) == [*(f"10.{number}" for number in range(1, 9)), "seen"]
    assert [int(row.split()[0]) for row in ROWS["seen"]] == list(range(1, 14))
    named = {proof for section, row in rows() for proof in ROWS[section][row]}
    assert not (proved().keys() | UNHANDLED.keys()) - named
