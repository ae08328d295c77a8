"""Parsers of one value: whatever comes in, a value or a refusal comes out."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

from tongshi import digest, sdp
from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.gb28181 import manscdp, mansrtsp, ptz
from tongshi.gb28181.civil import home_of, trimmed
from tongshi.gb28181.date import read_date
from tongshi.gb28181.identifier import Identifier, is_usable
from tongshi.gb28181.invite import Answer, Offer, agree, channels_of
from tongshi.gb28181.manscdp.message import read_any
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.picture_name import PictureName
from tongshi.gb28181.ssrc import number_of, text_of
from tongshi.gb28181.subject import Subject
from tongshi.gb28181.version import Version
from tongshi.sip.message import Message, Request, parse
from tongshi.sip.uri import NameAddr, Uri
from tongshi.sip.via import Via
from tongshi.testing.targets.feed import Target, of_bytes, of_text


def _message(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        touch(parse(data))


def touch(message: Message) -> None:
    """Read everything that is parsed on demand; what was read can be written and read again."""
    for read in (
        lambda: message.call_id,
        lambda: message.cseq,
        lambda: message.from_,
        lambda: message.to,
        lambda: message.via,
        lambda: message.contact,
        lambda: message.expires,
        lambda: (message.from_user, message.to_user, message.content_type),
    ):
        with contextlib.suppress(RemoteProtocolError):
            read()
    again = parse(message.encode())
    assert again.body == message.body
    assert parse(again.encode()) == again


def _manscdp(data: bytes) -> None:
    """What was read can be written for every edition, and says the same of itself again.

    All but what crosses the line: that is read, and refused by its type.
    """
    message = manscdp.read(data)
    if _crosses(message):
        return
    for version in (Version.V2016, Version.V2022):
        again = manscdp.read(manscdp.write(message, version))
        assert type(again) is type(message)
        assert again.sn == message.sn
        # The encoding of other text is guessed; a sole position goes under its own id.
        if is_usable(message.device_id) and not isinstance(message, manscdp.MobilePosition):
            assert again.device_id == message.device_id
    if isinstance(message, CatalogAnswer):
        for item in message.items:
            # It becomes part of our requests when somebody opens the channel.
            assert is_usable(item.device_id)
            item.name.encode("utf-8", "strict")


def _crosses(message: manscdp.Message) -> bool:
    """Whether *message* must not be written; then it cannot be."""
    try:
        manscdp.write(message)
    except LocalProtocolError:
        kinds = manscdp.DeviceControl | manscdp.Other
        assert isinstance(message, kinds)
        return True
    return False


def _plain(data: bytes) -> None:
    """What was read of settings and commands, as a form has it and back; nothing is lost."""
    message = manscdp.read(data)
    if isinstance(message, manscdp.DeviceConfig | manscdp.ConfigDownloadAnswer):
        for block in message.blocks:
            bare = replace(block, others=())
            kind: Callable[..., manscdp.Block] = type(block)
            manscdp.check(block, Version.V2022)
            again, faults = manscdp.from_plain(kind, manscdp.to_plain(bare))
            assert not faults
            assert manscdp.to_plain(again) == manscdp.to_plain(bare)


def _ptz(text: str) -> None:
    word = ptz.decode(text)
    assert ptz.decode(ptz.encode(word)) == word


def _mansrtsp(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        reply = mansrtsp.Reply.parse(data)
        assert mansrtsp.Reply.parse(reply.build()).status == reply.status
    order = mansrtsp.Order.parse(data)
    assert mansrtsp.Order.parse(order.build()).method is order.method


def _picture_name(text: str) -> None:
    name = PictureName.parse(text)
    if name is not None:
        assert len(str(name)) == 41


def _keepalive(data: bytes) -> None:
    """The quick path and the slow one see the same message."""
    quick = manscdp.read(data)
    assert quick == read_any(data)


def _descriptions(data: bytes) -> None:
    """An INVITE whose body is *data*, and a 200 with it: each can be written again."""
    invite = Request("INVITE", "sip:34020000001320000001@3402000000")
    offer: Offer | None = None
    with contextlib.suppress(RemoteProtocolError):
        offer = Offer.parse(data)
        Offer.parse(offer.build())
        if offer.ssrc_number is not None:
            assert number_of(text_of(offer.ssrc_number)) == offer.ssrc_number
    with contextlib.suppress(RemoteProtocolError):
        answer = Answer.parse(data)
        Answer.parse(answer.build())
        agreed = agree(offer or Offer(owner="1", host="192.0.2.1", port=1), answer, "192.0.2.7")
        # Never a name that a stranger has us look up.
        assert all(char in "0123456789abcdefABCDEF.:%" for char in agreed.host.partition("%")[0])
        assert 0 <= agreed.port <= 65535
    channels_of(invite, offer)


def _subject(text: str) -> None:
    subject = Subject.parse(text)
    if subject is not None and subject.receiver:
        assert Subject.parse(str(subject)) == subject


def _sdp(data: bytes) -> None:
    description = sdp.parse(data)
    assert sdp.parse(description.encode()) == description
    description.address()
    for media in description.media:
        media.rtpmap()


def _codes(text: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert str(Identifier.parse(text)) == text
    trimmed(text)
    home_of(text, text, ())
    number_of(text)
    Version.parse(text)
    read_date(text)


TARGETS: dict[str, Target] = {
    "sip.message": _message,
    "sip.uri": of_text(Uri.parse),
    "sip.name-addr": of_text(lambda text: str(NameAddr.parse(text))),
    "sip.via": of_text(lambda text: str(Via.parse(text))),
    "digest.challenge": of_text(lambda text: str(digest.Challenge.parse(text))),
    "digest.credentials": of_text(lambda text: str(digest.Credentials.parse(text))),
    "sdp": of_bytes(_sdp),
    "gb28181.manscdp": of_bytes(_manscdp),
    "gb28181.plain": of_bytes(_plain),
    "gb28181.ptz": of_text(_ptz),
    "gb28181.mansrtsp": of_bytes(_mansrtsp),
    "gb28181.picture-name": of_text(_picture_name),
    "gb28181.keepalive": of_bytes(_keepalive),
    "gb28181.invite": _descriptions,
    "gb28181.subject": of_text(_subject),
    "gb28181.media-format": of_text(lambda text: str(MediaFormat.parse(text))),
    "gb28181.codes": of_text(_codes),
}
"""Name -> target."""
