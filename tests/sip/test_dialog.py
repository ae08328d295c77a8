import pytest

from tongshi.errors import RemoteProtocolError
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response

PLATFORM, CAMERA = "34020000002000000001", "34020000001320000001"


def invite(**changes: str) -> Request:
    fields = {
        "From": f"<sip:{PLATFORM}@3402000000>;tag=p",
        "To": f"<sip:{CAMERA}@3402000000>",
        "Call-ID": "1",
        "CSeq": "20 INVITE",
        "Contact": f"<sip:{PLATFORM}@192.0.2.10:5060>",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return Request("INVITE", f"sip:{CAMERA}@198.51.100.7:5060", fields.items())


def ok(request: Request, *headers: tuple[str, str], tag: str = "c") -> Response:
    return request.response(200, to_tag=tag, headers=headers)


def test_both_sides_of_a_dialog() -> None:
    request = invite()
    response = ok(request, ("Contact", f"<sip:{CAMERA}@198.51.100.7:5060>"))
    ours, theirs = Dialog.from_uac(request, response), Dialog.from_uas(request, response)
    ack = ours.acknowledge()
    assert (ack.method, ack.cseq, ack.uri) == (
        "ACK",
        (20, "ACK"),
        f"sip:{CAMERA}@198.51.100.7:5060",
    )
    assert ack.headers.get("Contact") is None
    assert theirs.accepts(ack)
    assert theirs.accepts(ack)
    bye = ours.request("BYE")
    assert (bye.cseq, bye.from_tag, bye.to_tag) == ((21, "BYE"), "p", "c")
    assert bye.headers.get("Max-Forwards") == "70"
    assert theirs.accepts(bye)
    assert not theirs.accepts(bye)
    info = theirs.request("INFO", [("Content-Type", "Application/MANSRTSP")], b"x")
    assert (info.uri, info.cseq, info.body) == (
        f"sip:{PLATFORM}@192.0.2.10:5060",
        (1, "INFO"),
        b"x",
    )
    assert info.headers.get("contact") == f"<sip:{CAMERA}@198.51.100.7:5060>"
    assert ours.accepts(info)
    assert not ours.accepts(ack)


def test_routes_are_reversed_for_the_caller_only() -> None:
    request = invite(Record_Route="<sip:a;lr>, <sip:b;lr>")
    response = ok(request)
    ours, theirs = Dialog.from_uac(request, response), Dialog.from_uas(request, response)
    assert ours.request("BYE").headers.all("Route") == ["<sip:b;lr>", "<sip:a;lr>"]
    assert theirs.request("BYE").headers.all("Route") == ["<sip:a;lr>", "<sip:b;lr>"]


def test_what_devices_leave_out() -> None:
    request = invite()
    response = ok(request)
    response.headers.set("To", f"<sip:{CAMERA}@3402000000>")
    ours = Dialog.from_uac(request, response)
    assert ours.target == request.uri
    assert ours.request("BYE").to_tag == ""
    bye = Dialog.from_uas(request, response).request("BYE")
    assert ours.accepts(bye)
    request.headers.remove("Contact")
    theirs = Dialog.from_uas(request, response)
    assert theirs.target == f"sip:{PLATFORM}@3402000000"
    assert theirs.request("INFO").headers.get("Contact") is None


@pytest.mark.parametrize("contact", ["*", "<broken", "tel:1"])
def test_a_contact_that_cannot_be_used(contact: str) -> None:
    request = invite()
    assert Dialog.from_uac(request, ok(request, ("Contact", contact))).target == request.uri


def test_a_broken_to_is_refused() -> None:
    request = invite()
    response = ok(request)
    response.headers.set("To", "<broken")
    with pytest.raises(RemoteProtocolError):
        Dialog.from_uac(request, response)


def test_others_are_not_accepted() -> None:
    request = invite()
    dialog = Dialog.from_uas(request, ok(request))
    for name, value in (
        ("Call-ID", "2"),
        ("From", "<sip:x@y>;tag=q"),
        ("To", "<sip:x@y>;tag=q"),
    ):
        bye = Dialog.from_uac(request, ok(request)).request("BYE")
        bye.headers.set(name, value)
        assert not dialog.accepts(bye)
        assert not dialog.matches(bye)


def test_a_reinvite_refreshes_the_target() -> None:
    request = invite()
    response = ok(request, ("Contact", "<sip:c@198.51.100.7>"))
    ours, theirs = Dialog.from_uac(request, response), Dialog.from_uas(request, response)
    ours.contact = "<sip:p@192.0.2.99>"
    again = ours.request("INVITE")
    assert theirs.accepts(again)
    assert theirs.target == "sip:p@192.0.2.99"
    assert ours.acknowledge().cseq == (21, "ACK")
    ours.contact = ""
    assert theirs.accepts(ours.request("INVITE"))
    assert theirs.target == "sip:p@192.0.2.99"
    cancel = ours.request("CANCEL")
    cancel.headers.set("CSeq", "21 CANCEL")
    assert theirs.accepts(cancel)
