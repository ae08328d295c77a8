import pytest

from tongshi.errors import RemoteProtocolError
from tongshi.sip.message import Request, Response, parse
from tongshi.sip.validation import check, unsupported

FIELDS = {
    "Via": "SIP/2.0/UDP a;branch=b",
    "From": "<sip:a@b>;tag=1",
    "To": "<sip:c@d>",
    "Call-ID": "1",
    "CSeq": "1 OPTIONS",
}


def request(**changes: str) -> Request:
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changes.items()}
    return Request("OPTIONS", "sip:a@b", fields.items())


def test_what_is_whole() -> None:
    for uri in ("sip:a@b", "sip:a@b:5060", "sips:b;lr", "sip:34020000002000000001@3402000000"):
        message = request()
        message.uri = uri
        check(message)
        assert unsupported(message) == []
    check(Response(200, "OK", FIELDS.items()))


@pytest.mark.parametrize(
    "changes",
    [
        {"Via": ""},
        {"Via": "x"},
        {"From": "<"},
        {"To": ""},
        {"Call_ID": ""},
        {"CSeq": "1 INVITE"},
        {"CSeq": "x OPTIONS"},
    ],
)
def test_what_is_broken(changes: dict[str, str]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        check(request(**changes))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("uri", "status"), [("tel:1", 416), ("sip:a@b?x=y", 400), ("<sip:a@b>", 400), ("a", 400)]
)
def test_broken_request_uri(uri: str, status: int) -> None:
    message = request()
    message.uri = uri
    with pytest.raises(RemoteProtocolError) as caught:
        check(message)
    assert caught.value.status == status


def test_doubles() -> None:
    message = request()
    message.headers.add("To", "<sip:c@d>")
    message.headers.add("Contact", "<sip:c@d>")
    message.headers.add("Contact", "<sip:e@d>")
    check(message)
    message.headers.add("To", "<sip:e@d>")
    with pytest.raises(RemoteProtocolError, match="To is given twice"):
        check(message)


def test_what_is_required() -> None:
    message = parse(b"OPTIONS sip:a SIP/2.0\r\nRequire: 100rel, Timer,\r\nRequire: b c\r\n\r\n")
    assert isinstance(message, Request)
    assert unsupported(message) == ["100rel", "Timer"]
    assert unsupported(message, frozenset({"timer"})) == ["100rel"]
