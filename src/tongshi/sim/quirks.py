"""How devices in the field deviate, as one table of behaviours that can be switched by name.

The table is what the command line, the documentation and the tests read.  Where a behaviour is
carried out stands in its layer: signalling in ``device`` and ``disguise``, XML in ``listing``,
sessions in ``calling``, RTP in ``rtpline``, PS in ``dress``.

Sources are clauses of GB/T 28181-2022 unless they say otherwise, and who was seen to do it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tongshi.errors import Invalid
from tongshi.sim.quirk import Layer, Quirk

_S, _X, _D, _R, _P, _F = Layer

_ROWS = (
    Quirk(
        "early-authorization",
        _S,
        "首个 REGISTER 即带 Authorization，nonce 为设备自造",
        "The first REGISTER carries an Authorization with a nonce of the device's own",
        "9.1.2; independent devices",
    ),
    Quirk(
        "bare-registers",
        _S,
        "认证前先发两个不带认证的 REGISTER",
        "Sends two REGISTERs without credentials before the one with them",
        "9.1.2; independent devices",
    ),
    Quirk(
        "own-address-in-from",
        _S,
        "From、To 中写设备自身地址而非域名",
        "From and To carry the device's own address in place of the domain",
        "6.1.2; independent devices",
    ),
    Quirk(
        "logout-first",
        _S,
        "首次注册前先发 Expires 为 0 的注销",
        "Logs out (Expires 0) before it registers for the first time",
        "9.1.2.2; independent devices",
    ),
    Quirk(
        "route-on-refresh",
        _S,
        "刷新注册时多带 Route 头",
        "Adds a Route header when it refreshes its registration",
        "RFC 3261 8.1.1.1; field",
    ),
    Quirk(
        "private-contact",
        _S,
        "Contact 为内网地址 192.168.1.64",
        "Contact names a private address, 192.168.1.64",
        "9.1.1; behind NAT",
    ),
    Quirk(
        "no-contact",
        _S,
        "对 INVITE 的 200 不带 Contact",
        "The 200 to an INVITE has no Contact",
        "RFC 3261 12.1.1; field",
    ),
    Quirk(
        "provisional-101",
        _S,
        "对 INVITE 先回 101 Dialog Establishement",
        "Answers an INVITE with 101 Dialog Establishement first",
        "RFC 3261 8.2.6.1; some Dahua",
    ),
    Quirk(
        "response-first",
        _S,
        "先发应答 MESSAGE，后回查询的 200",
        "The Response MESSAGE comes before the 200 to its query",
        "9.5.2; independent devices",
    ),
    Quirk(
        "keepalive-only",
        _S,
        "TCP 重连后只发心跳，不再注册",
        "After its TCP connection broke, only keeps alive on the new one, without REGISTER",
        "9.1.1 f; Huaxia",
    ),
    Quirk(
        "stray-bytes",
        _S,
        "在信令端口夹发空行与私有心跳字节",
        "Sends empty lines and bytes of its own between messages",
        "4.3.2; field",
    ),
    Quirk(
        "gb2312-utf8",
        _X,
        "声明 GB2312，实际为 UTF-8",
        "Declares GB2312 and writes UTF-8",
        "6.10; field",
    ),
    Quirk(
        "unescaped-ampersand",
        _X,
        "名称与地址中的 & 不转义",
        "Names and addresses hold & as it is",
        "XML 1.0 2.4; Hikvision",
    ),
    Quirk(
        "broken-hanzi",
        _X,
        "名称在半个汉字处截断",
        "Names are cut in the middle of a character",
        "6.10; field",
    ),
    Quirk(
        "control-characters",
        _X,
        "名称含控制字符，报文后有零字节",
        "Names hold control characters, zero bytes follow the document",
        "XML 1.0 2.2; field",
    ),
    Quirk(
        "padded-values",
        _X,
        "元素值两侧带空格，缺省值写成 null",
        "Values are padded with spaces, absent ones say null",
        "A.2; Uniview",
    ),
    Quirk(
        "sumnum-big",
        _X,
        "SumNum 比实际多",
        "SumNum is larger than the items sent",
        "annex M; field",
        listed=False,
    ),
    Quirk(
        "sumnum-small",
        _X,
        "SumNum 比实际少",
        "SumNum is smaller than the items sent",
        "annex M; field",
        listed=False,
    ),
    Quirk(
        "sumnum-changing",
        _X,
        "SumNum 逐包增大，末包才对",
        "SumNum grows from part to part; that of the last is right",
        "annex M; field",
    ),
    Quirk(
        "duplicate-parts",
        _X,
        "目录分包重复发送",
        "Each part of the catalog is sent twice",
        "annex M; independent devices",
    ),
    Quirk(
        "num-wrong",
        _X,
        "Num 与条目数不符",
        "Num is not the number of items in the part",
        "annex M; independent devices",
    ),
    Quirk(
        "status-forms",
        _X,
        "Status 写作 ONLINE、On、OK 或缺失",
        "Status says ONLINE, On, OK or is absent",
        "A.2.1.4; Hikvision DS-7716N-E4",
    ),
    Quirk(
        "self-in-catalog",
        _X,
        "目录中列出设备自身",
        "The catalog lists the device itself among its channels",
        "annex J; field",
    ),
    Quirk(
        "parental-65535",
        _X,
        "Parental 为 65535，CivilCode 为字面 CivilCode，ParentID 为域",
        "Parental is 65535, CivilCode the word CivilCode, ParentID the domain",
        "annex J; Hikvision",
    ),
    Quirk(
        "port-zero",
        _D,
        "200 中写 m=video 0",
        "The 200 says m=video 0",
        "RFC 4566 5.14; independent devices",
    ),
    Quirk(
        "no-y-no-f",
        _D,
        "200 的 SDP 无 y= 与 f=",
        "The answer has neither y= nor f=",
        "annex G; independent devices",
    ),
    Quirk(
        "other-y",
        _D,
        "200 中 y= 与请求不同，并以其为 SSRC",
        "The answer has another y= than the offer and the stream uses it",
        "annex G note 16; Hikvision platforms",
    ),
    Quirk(
        "no-setup",
        _D,
        "TCP 应答缺 a=setup",
        "The answer for TCP has no a=setup",
        "annex D; field",
    ),
    Quirk(
        "no-final-crlf",
        _D,
        "SDP 末行无 CRLF",
        "The last line of the session description has no CRLF",
        "RFC 4566 5; field",
    ),
    Quirk(
        "crcrlf",
        _D,
        "SDP 行尾为 CR CR LF",
        "Lines of the session description end in CR CR LF",
        "RFC 4566 5; independent devices",
    ),
    Quirk(
        "private-c",
        _D,
        "应答 c= 为内网地址",
        "The answer's c= names a private address",
        "annex G; behind NAT",
    ),
    Quirk(
        "ssrc-zero",
        _R,
        "RTP 的 SSRC 为 0",
        "RTP carries SSRC 0",
        "annex G; Dahua",
    ),
    Quirk(
        "ssrc-other",
        _R,
        "RTP 的 SSRC 与 y= 不同",
        "RTP carries another SSRC than y= says",
        "annex G; cascade peers",
    ),
    Quirk(
        "payload-type-100",
        _R,
        "RTP 载荷类型为 100，内容仍为 PS",
        "RTP carries payload type 100 with PS in it",
        "annex C; field",
    ),
    Quirk(
        "rtp-milliseconds",
        _R,
        "RTP 时间戳以毫秒计",
        "RTP time stamps count milliseconds",
        "annex C; independent devices",
    ),
    Quirk(
        "no-marker",
        _R,
        "从不置 RTP 标志位",
        "The RTP marker is never set",
        "RFC 2250 2; field",
    ),
    Quirk(
        "dollar-framing",
        _R,
        "TCP 媒体用 $ 交织帧",
        "Media over TCP is framed as in RTSP, with $",
        "annex D; field",
    ),
    Quirk(
        "rtcp-inside",
        _R,
        "TCP 媒体流中夹带 RTCP",
        "RTCP travels inside the TCP media stream",
        "annex D; field",
    ),
    Quirk(
        "no-psm",
        _P,
        "PS 中无系统头与 PSM",
        "PS has neither system header nor program stream map",
        "annex C.1; field",
    ),
    Quirk(
        "psm-once",
        _P,
        "PSM 只在首个关键帧出现",
        "The program stream map comes with the first key frame only",
        "annex C.1; field",
    ),
    Quirk(
        "wrong-psm-crc",
        _P,
        "PSM 的 CRC 错误",
        "The program stream map has a wrong CRC",
        "ISO 13818-1 2.5.4; Dahua",
    ),
    Quirk(
        "wrong-stream-type",
        _P,
        "PSM 中视频类型写反（H.264 与 H.265）",
        "The program stream map says H.265 for H.264 and the reverse",
        "annex C.1; field",
    ),
    Quirk(
        "avcc-in-psm",
        _P,
        "PSM 描述符中为裸 avcC 字节",
        "Descriptors of the program stream map hold raw avcC bytes",
        "ISO 13818-1 2.5.4; independent devices",
    ),
    Quirk(
        "zero-length-pes",
        _P,
        "视频 PES 长度为 0",
        "Video PES packets have length 0",
        "ISO 13818-1 2.4.3.7; field",
    ),
    Quirk(
        "small-pes",
        _P,
        "视频 PES 不超过 5 kB，仅首个带 PTS",
        "Video PES packets of 5 kB at most; only the first has a time stamp",
        "ISO 13818-1 2.4.3.7; field",
    ),
    Quirk(
        "pes-too-long",
        _P,
        "末个 PES 的长度超出本帧",
        "The last PES packet claims more than the frame holds",
        "ISO 13818-1 2.4.3.7; field",
    ),
    Quirk(
        "private-stream",
        _P,
        "夹带 BD 私有流",
        "A private stream BD goes along",
        "ISO 13818-1 2.4.3.7; Hikvision",
    ),
    Quirk(
        "pack-counter",
        _P,
        "包头填充中藏有计数",
        "Stuffing of the pack header hides a counter",
        "ISO 13818-1 2.5.3.3; Hikvision",
    ),
    Quirk(
        "trailing-garbage",
        _P,
        "帧尾有零字节与伪起始码 00 00 01 E0",
        "Zeros and a false start code 00 00 01 E0 follow each frame",
        "annex C.1; field",
    ),
    Quirk(
        "refuse-invite",
        _F,
        "对 INVITE 回 486",
        "Refuses every INVITE with 486",
        "annex G note 17",
        playable=False,
    ),
    Quirk(
        "ignore-invite",
        _F,
        "对 INVITE 不予应答",
        "Never answers an INVITE",
        "RFC 3261 17.1.1",
        playable=False,
    ),
    Quirk(
        "no-media",
        _F,
        "会话建立而无媒体",
        "Sets up sessions and sends nothing",
        "annex K",
        playable=False,
    ),
    Quirk(
        "frozen-picture",
        _F,
        "画面冻结，计数不走",
        "The picture and its counter stand still",
        "field",
        playable=False,
    ),
    Quirk(
        "die-silently",
        _F,
        "若干秒后无声消失",
        "Falls silent after so many seconds, without a word",
        "9.6",
        playable=False,
        listed=False,
        online=False,
        value=0.0,
    ),
    Quirk(
        "wrong-password",
        _F,
        "口令错误",
        "Answers the challenge with a wrong password",
        "9.1.2",
        playable=False,
        listed=False,
        online=False,
    ),
    Quirk(
        "catalog-cut",
        _F,
        "目录只发前半",
        "Sends only the first half of the catalog",
        "annex M",
        listed=False,
    ),
    Quirk(
        "deaf",
        _F,
        "收到查询一律不应答",
        "Answers no query, not even with a 200",
        "9.5",
        listed=False,
    ),
)

QUIRKS: dict[str, Quirk] = {row.name: row for row in _ROWS}
"""Every behaviour by name, in the order of the layers."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """A choice of behaviours; values hold the numbers of those that take one."""

    values: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> "Quirks":
        """Return the choice of *names*, each as ``name`` or ``name=number``; raises Invalid."""
        values: dict[str, float] = {}
        for text in names:
            name, equals, number = text.strip().partition("=")
            row = QUIRKS.get(name)
            if row is None:
                raise Invalid(f"unknown quirk {name!r}; there are {', '.join(QUIRKS)}")
            if equals and row.value is None:
                raise Invalid(f"quirk {name} takes no number")
            try:
                values[name] = float(number) if equals else row.value or 0.0
            except ValueError:
                raise Invalid(f"not a number: {text!r}") from None
        return cls(values)

    def __contains__(self, name: str) -> bool:
        """Whether the behaviour *name* is chosen; an unknown name is a defect here."""
        return QUIRKS[name].name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def value(self, name: str) -> float | None:
        """Return the number of *name*, None when it is not chosen."""
        return self.values.get(name)

    def within(self, layer: Layer) -> frozenset[str]:
        """Return the chosen names of one layer."""
        return frozenset(name for name in self.values if QUIRKS[name].layer is layer)

    @property
    def playable(self) -> bool:
        """Whether a picture must still come and move."""
        return all(QUIRKS[name].playable for name in self.values)

    @property
    def listed(self) -> bool:
        """Whether the catalog must still be complete."""
        return all(QUIRKS[name].listed for name in self.values)

    @property
    def online(self) -> bool:
        """Whether the device must still count as online."""
        return all(QUIRKS[name].online for name in self.values)


NONE = Quirks()
"""A device that does as the standard says."""
