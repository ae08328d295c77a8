"""What can be wrong with a chain: one table of words, and a finding that names the place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Fault(Enum):
    """A way in which a chain, its heads, its rows or its export can be wrong."""

    NO_HEADER = "file.header"
    UNREADABLE = "file.unreadable"
    CUT = "file.cut"
    OTHER_KEY = "key.other"
    NO_ANCHOR = "anchor.none"
    FORGED_ANCHOR = "anchor.forged"
    EDITED = "entry.edited"
    MISSING = "entry.missing"
    ORDER = "entry.order"
    TRUNCATED = "entry.truncated"
    FORGED_HEAD = "head.forged"
    HEAD_ORDER = "head.order"
    HEAD_MISSING = "head.missing"
    REWRITTEN = "head.differs"
    ROW_EDITED = "row.edited"
    ROW_MISSING = "row.missing"
    ROW_STRAY = "row.stray"
    WITNESS_FORGED = "witness.forged"
    WITNESS_DIFFERS = "witness.differs"
    WITNESS_BEYOND = "witness.beyond"
    WITNESS_BACK = "witness.back"
    # Of a lesser kind: nothing was altered, but times are not what they seem.
    CLOCK_BACK = "clock.back"
    CLOCK_LEAP = "clock.leap"
    CLOCK_TOLD = "clock.told"


LESSER = frozenset({Fault.CLOCK_BACK, Fault.CLOCK_LEAP, Fault.CLOCK_TOLD})
"""Findings that break no chain."""

WORDS: Mapping[Fault, tuple[str, str]] = MappingProxyType(
    {
        Fault.NO_HEADER: (
            "文件不是审计导出：首行没有链的说明",
            "this is no export of a chain: its first line does not say so",
        ),
        Fault.UNREADABLE: (
            "第 {line} 行无法读取",
            "line {line} cannot be read",
        ),
        Fault.CUT: (
            "导出文件不完整：缺少结束行",
            "the export is cut off: its last line is not there",
        ),
        Fault.OTHER_KEY: (
            "导出所用公钥 {found} 不是所给公钥",
            "the export is of the key {found}, which is not the one given",
        ),
        Fault.NO_ANCHOR: (
            "没有有效的起点签名，链从何处开始无法证明",
            "no signed anchor holds: where the chain begins cannot be proved",
        ),
        Fault.FORGED_ANCHOR: (
            "起点 {number}（条目 {seq} 之后）的签名不成立",
            "the signature of anchor {number}, behind entry {seq}, does not hold",
        ),
        Fault.EDITED: (
            "条目 {seq} 被改动：摘要与内容及前一条不符",
            "entry {seq} was altered: its digest does not fit its content and the entry before it",
        ),
        Fault.MISSING: (
            "条目 {seq} 至 {last} 缺失",
            "entries {seq} to {last} are missing",
        ),
        Fault.ORDER: (
            "条目 {seq} 位置不对或重复：出现在条目 {after} 之后",
            "entry {seq} is out of its place, or there twice: it stands behind entry {after}",
        ),
        Fault.TRUNCATED: (
            "链尾被截断：签名链头 {number} 含至条目 {last}，自条目 {seq} 起缺失",
            "the end was cut off: head {number} vouches for entries up to {last}, "
            "and from {seq} on they are missing",
        ),
        Fault.FORGED_HEAD: (
            "链头 {number}（条目 {seq}）的签名不成立",
            "the signature of head {number}, at entry {seq}, does not hold",
        ),
        Fault.HEAD_ORDER: (
            "链头 {number} 次序不对或重复",
            "head {number} is out of its order, or there twice",
        ),
        Fault.HEAD_MISSING: (
            "链头 {number} 至 {last} 缺失（条目 {seq} 附近）",
            "heads {number} to {last} are missing, near entry {seq}",
        ),
        Fault.REWRITTEN: (
            "条目 {seq} 至 {last} 中有改动并重算了摘要：与链头 {number} 不符",
            "somewhere in entries {seq} to {last} the chain was rewritten: "
            "head {number} was signed over another",
        ),
        Fault.ROW_EDITED: (
            "调用登记 {entry} 的{part}被改动：与条目 {seq} 的摘要不符",
            "the {part} of register entry {entry} was altered: entry {seq} has another digest",
        ),
        Fault.ROW_MISSING: (
            "调用登记 {entry} 的{part}缺失：条目 {seq} 记有它",
            "the {part} of register entry {entry} is missing: entry {seq} tells of it",
        ),
        Fault.ROW_STRAY: (
            "调用登记 {entry} 的{part}不在链上：是另行插入的",
            "the {part} of register entry {entry} is on no chain: it was inserted",
        ),
        Fault.WITNESS_FORGED: (
            "见证文件中链头 {number}（条目 {seq}）的签名不成立",
            "the witness has head {number}, at entry {seq}, with a signature that does not hold",
        ),
        Fault.WITNESS_DIFFERS: (
            "条目 {seq} 的摘要与见证的链头 {number} 不同：此前有条目被改写",
            "the digest of entry {seq} is not the one that the witness saw with head {number}: "
            "the chain was rewritten before it",
        ),
        Fault.WITNESS_BEYOND: (
            "库被回退：见证见过条目 {last}（链头 {number}），现止于条目 {seq}",
            "the store was rolled back: the witness saw entry {last} with head {number}, "
            "and now the chain ends at entry {seq}",
        ),
        Fault.WITNESS_BACK: (
            "见证的链头 {number}（条目 {seq}）早于其前一个（条目 {last}）：库曾被回退",
            "the witness saw head {number} at entry {seq} after one at entry {last}: "
            "the store was rolled back in between",
        ),
        Fault.CLOCK_BACK: (
            "条目 {seq} 的时间比前一条早 {by} 秒",
            "entry {seq} is {by} s earlier than the one before it",
        ),
        Fault.CLOCK_LEAP: (
            "链头 {number}（条目 {seq}）之前时钟跳变 {by} 秒",
            "the clock leapt by {by} s before head {number}, at entry {seq}",
        ),
        Fault.CLOCK_TOLD: (
            "条目 {seq} 记录时钟跳变 {by} 秒",
            "entry {seq} tells that the clock leapt by {by} s",
        ),
    }
)
"""Chinese, English; names in braces are facts of the finding."""

PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"look": ("登记行", "beginning"), "ending": ("结束行", "ending")}
)
"""The two rows of a register entry."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.  seq: the first entry that it is about, 0 for none.

    facts: what the words are filled with.
    """

    fault: Fault
    seq: int = 0
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def grave(self) -> bool:
        """Whether the chain does not hold."""
        return self.fault not in LESSER

    def say(self, language: int) -> str:
        """Return it as a sentence.  language: 0 Chinese, 1 English."""
        facts = {"seq": self.seq, **self.facts}
        part = PARTS.get(str(facts.get("part", "")))
        if part is not None:
            facts["part"] = part[language]
        return WORDS[self.fault][language].format(**facts)
