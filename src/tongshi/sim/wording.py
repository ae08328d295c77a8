"""How quirky devices spell what they say: bodies of a correct codec, altered.

Source: GB/T 28181-2022 A.1, A.2, 6.10; XML 1.0.
"""

import re
from collections.abc import Callable

from tongshi.sim.quirks import Quirks

_DECLARATION = re.compile(rb'encoding="[^"]*"')


def alter(body: bytes, quirks: Quirks) -> bytes:
    """Return *body* as this device writes it."""
    for name, change in _CHANGES.items():
        if name in quirks:
            body = change(body)
    return body


def _pad(body: bytes) -> bytes:
    body = re.sub(rb"(<(?!CmdType|SN|DeviceID)\w+>)([^<>\r\n]+)(</)", rb"\1 \2 \3", body)
    return body.replace(b"</Item>", b"<Block>null</Block><ErrCode></ErrCode></Item>")


def _empty_info(body: bytes) -> bytes:
    body = re.sub(rb"<Info>.*?</Info>", b"<Info></Info>", body, flags=re.DOTALL)
    return re.sub(rb"(<(?:Longitude|Latitude|Port)>)[^<]*(</)", rb"\1null\2", body)


def _attribute_envelope(body: bytes) -> bytes:
    return re.sub(
        rb"<(\w+)>\s*<CmdType>(\w+)</CmdType>\s*<SN>(\d+)</SN>",
        rb'<\1 CmdType="\2" SN="\3">',
        body,
        count=1,
    )


def _event_last(body: bytes) -> bytes:
    form = rb"(<Event>\w+</Event>)(\s*)(.*?)(</Item>)"
    return re.sub(form, rb"\3\1\2\4", body, flags=re.DOTALL)


def _rename_blocks(body: bytes) -> bytes:
    if b"<CmdType>ConfigDownload</CmdType>" not in body:
        return body
    names = rb"BasicParam|VideoParamOpt|OSDConfig|VideoRecordPlan|AlarmReport|VideoParamAttribute"
    return re.sub(rb"<(/?)(" + names + rb")\b", rb"<\1\2Cfg", body)


def _as_utf8(body: bytes) -> bytes:
    body = body.decode("gb18030", "replace").encode("utf-8")
    return body.replace(b"GB18030", b"GB2312", 1)


# In the order in which they are applied: what changes the bytes as a whole comes last.
_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "unescaped-ampersand": lambda body: body.replace(b"&amp;", b"&"),
    "unescaped-less": lambda body: body.replace(b"&lt;", b"<"),
    # The codec leaves away what XML cannot carry, so it is put back here.
    "control-characters": lambda body: (
        body.replace(b"</Name>", b"\x07\x01</Name>") + b"\x00\x00\x00"
    ),
    # The first byte of a character and none to follow it.
    "broken-hanzi": lambda body: body.replace(b"</Name>", b"\xc9</Name>"),
    "padded-values": _pad,
    "empty-info": _empty_info,
    "num-wrong": lambda body: re.sub(rb'Num="(\d+)"', rb'Num="\g<1>7"', body),
    "double-item-end": lambda body: body.replace(b"</Item>", b"</Item></Item>"),
    "event-last": _event_last,
    "home-cmdtype": lambda body: body.replace(
        b"<CmdType>HomePositionQuery<", b"<CmdType>HomePosition<"
    ),
    "config-other-name": _rename_blocks,
    "upgrade-other-name": lambda body: body.replace(b"UpgradeResult>", b"Result>").replace(
        b"<CmdType>DeviceResult>", b"<CmdType>DeviceUpgradeResult>"
    ),
    "attribute-envelope": _attribute_envelope,
    "text-after-root": lambda body: body + b"-- end --\r\n",
    "gb2312-utf8": _as_utf8,
    "utf8-declared": lambda body: _DECLARATION.sub(b'encoding="UTF-8"', body, count=1),
    "byte-order-mark": lambda body: b"\xef\xbb\xbf" + body,
    "body-stripped": lambda body: b"",
}
