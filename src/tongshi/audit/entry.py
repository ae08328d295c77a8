"""What was done: an act with its words, its bounds, and the bytes that its digest is taken of.

The table `ACTS` has every kind of act there is; an act of another name is refused.  To record a new
kind, add its row.
"""

import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from tongshi.db.text import storable
from tongshi.errors import Invalid

Value = str | int | float | bool | None
"""What a detail may be."""

FORMAT = 1
"""Of the bytes under an entry's digest; the first of them."""
DETAILS = 24
"""Details of one act at the most."""
_LONG, _SHORT = 200, 64
_WIDEST = 2**53
_CUT = "…"


class Group(Enum):
    """How long entries are kept is a rule of their group: see `tongshi.audit.retention`."""

    REGISTER = "register"
    SECURITY = "security"


class Outcome(Enum):
    """What came of an act."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of act, in both languages."""

    zh: str
    en: str
    group: Group = Group.SECURITY


ACTS: Mapping[str, Kind] = MappingProxyType(
    {
        # The access register: written by `access.store`, beside its rows.
        "look-begun": Kind("调用开始", "A look began", Group.REGISTER),
        "look-ended": Kind("调用结束", "A look ended", Group.REGISTER),
        # The node itself.
        "node.start": Kind("节点启动", "The node started"),
        "node.stop": Kind("节点停止", "The node stopped"),
        "node.settings": Kind("生效设置", "Settings in effect"),
        "clock.jumped": Kind("时钟跳变", "The clock jumped"),
        # The audit chain about itself.
        "audit.begun": Kind("审计链开始", "The chain began"),
        "audit.rolled-back": Kind("库被回退", "The store was rolled back"),
        "audit.pruned": Kind("清理到期审计", "Old entries were removed"),
        "audit.verified": Kind("校验审计链", "The chain was verified"),
        "audit.exported": Kind("导出审计", "The chain was exported"),
        "audit.witness": Kind("下级链头异常", "A subordinate's heads disagree"),
        # People and their sign-ins.
        "session.begun": Kind("登录", "Signed in"),
        "session.ended": Kind("退出登录", "Signed out"),
        "session.proven": Kind("再次验证身份", "Proved anew who they are"),
        "person.added": Kind("新增人员", "A person was added"),
        "person.changed": Kind("修改人员", "A person was changed"),
        "person.disabled": Kind("停用人员", "An account was closed"),
        "person.enabled": Kind("启用人员", "An account was opened again"),
        "person.password-reset": Kind("重置密码", "A password was reset"),
        "person.password-changed": Kind("修改密码", "The own password was changed"),
        "person.locked": Kind("账户锁定", "An account was locked"),
        "person.totp-set": Kind("绑定动态口令", "A second factor was set up"),
        "person.codes-renewed": Kind("更换恢复码", "Recovery codes were made anew"),
        "person.totp-removed": Kind("解除动态口令", "A second factor was removed"),
        "person.oidc-bound": Kind("绑定统一身份", "An outer identity was bound"),
        # Grants, purposes, approvals.
        "grant.made": Kind("新增授权", "A grant was made"),
        "grant.revoked": Kind("撤销授权", "A grant was revoked"),
        "grant.tested": Kind("以他人身份测试", "Rights were tested as somebody"),
        "mark.changed": Kind("修改摄像机标记", "A camera's marks were changed"),
        "purpose.changed": Kind("修改用途", "A purpose was changed"),
        "request.made": Kind("提出申请", "A request was made"),
        "request.decided": Kind("审批申请", "A request was decided"),
        "request.withdrawn": Kind("撤回申请", "A request was withdrawn"),
        "request.expired": Kind("申请过期", "A request expired"),
        "delegate.changed": Kind("修改代理审批人", "A delegate was changed"),
        "break-glass.begun": Kind("紧急调用", "Glass was broken"),
        "break-glass.reviewed": Kind("紧急调用复核", "A break-glass look was reviewed"),
        "mark.tampered": Kind("水印被改动", "The mark on a picture was touched"),
        "break-glass.overdue": Kind("紧急调用逾期未复核", "A break-glass review is overdue"),
        "finding.made": Kind("发现异常访问", "Unusual access was found"),
        "finding.handled": Kind("处理异常访问", "A finding was handled"),
        # Programs.
        "token.made": Kind("签发令牌", "A token was made"),
        "token.revoked": Kind("吊销令牌", "A token was revoked"),
        "hook.added": Kind("新增推送", "A webhook was added"),
        "hook.changed": Kind("修改推送", "A webhook was changed"),
        "hook.removed": Kind("删除推送", "A webhook was removed"),
        # Peers and devices.
        "peer.password-set": Kind("设置设备密码", "A device's password was set"),
        "peer.password-removed": Kind("取消设备密码", "A device's password was removed"),
        "peer.profile-set": Kind("设置对端配置", "A peer's profile was set"),
        "peer.subscription-set": Kind("设置订阅", "A subscription was set"),
        "admission.rule-added": Kind("新增准入规则", "A rule of admission was added"),
        "admission.rule-removed": Kind("删除准入规则", "A rule of admission was removed"),
        "admission.dismissed": Kind("移除待准入设备", "A waiting device was dismissed"),
        "admission.unlocked": Kind("解除注册锁定", "A lock-out was cleared"),
        "device.configured": Kind("修改设备配置", "A device was configured"),
        "device.rebooted": Kind("重启设备", "A device was restarted"),
        "device.formatted": Kind("格式化存储卡", "A storage card was formatted"),
        "device.upgraded": Kind("升级设备", "A device was upgraded"),
        "firmware.added": Kind("上传固件", "Firmware was added"),
        "firmware.removed": Kind("删除固件", "Firmware was removed"),
        "trace.begun": Kind("开始信令跟踪", "A trace was begun"),
        "trace.ended": Kind("结束信令跟踪", "A trace was ended"),
        "trace.read": Kind("查看信令跟踪", "A trace was read"),
        "trace.deleted": Kind("删除信令跟踪", "A trace was deleted"),
        # Alarms.
        "alarm.acknowledged": Kind("确认报警", "An alarm was acknowledged"),
        "alarm.assigned": Kind("指派报警", "An alarm was assigned"),
        "alarm.closed": Kind("关闭报警", "An alarm was closed"),
        "alarm.reset": Kind("复位报警", "An alarm was reset"),
        # Refusals, by the code of the error.
        "denied": Kind("无权操作", "No right"),
        "denied.signin": Kind("未登录", "Not signed in"),
        "denied.first": Kind("须先完成账户设置", "The account needs something first"),
        "denied.proof": Kind("须再次验证身份", "Not proven lately"),
        "denied.grant": Kind("无授权", "No grant"),
    }
)
"""Every kind of act."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    what: row of `ACTS`.  person_id: None for the platform itself and for strangers.  person, unit:
    as they were then.  address: from where.  object: whom or what it was done to, by its id.
    outcome: of `Outcome`.  details: few, small, never a secret.
    """

    what: str
    person_id: int | None = None
    person: str = ""
    unit: str = ""
    address: str = ""
    object: str = ""
    outcome: str = Outcome.DONE.value
    details: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where: what all acts of one request have in common."""

    person_id: int | None = None
    person: str = ""
    unit: str = ""
    address: str = ""

    def act(
        self, what: str, object: str = "", outcome: Outcome = Outcome.DONE, **details: Value
    ) -> Act:
        """Return an act of theirs."""
        return Act(
            what,
            self.person_id,
            self.person,
            self.unit,
            self.address,
            object,
            outcome.value,
            details,
        )


PLATFORM = Actor()
"""What the platform does by itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in its place.  seq: from 1, without holes.  wall: UNIX time, s.  digest: hex."""

    seq: int
    wall: float
    act: Act
    digest: str


def clean(act: Act) -> Act:
    """Return *act* as it is kept: NFC, storable, each text within its bounds.

    What is cut ends with an ellipsis.  Raises Invalid for a kind or an outcome that is none, for
    too many details, and for a number that no store gives back as it took it.
    """
    if act.what not in ACTS:
        raise Invalid(f"no such kind of act: {act.what[:_SHORT]!r}")
    if act.outcome not in {outcome.value for outcome in Outcome}:
        raise Invalid(f"no such outcome: {act.outcome[:_SHORT]!r}")
    if len(act.details) > DETAILS:
        raise Invalid(f"an act has at most {DETAILS} details")
    return Act(
        act.what,
        act.person_id,
        clean_text(act.person),
        clean_text(act.unit),
        clean_text(act.address, _SHORT),
        clean_text(act.object),
        act.outcome,
        {clean_text(name, _SHORT): _clean_value(value) for name, value in act.details.items()},
    )


def clean_text(text: str, limit: int = _LONG) -> str:
    """Return *text* in NFC, as every store takes it, *limit* signs at the most."""
    whole = unicodedata.normalize("NFC", storable(text, 4 * limit))
    return whole if len(whole) <= limit else whole[: limit - 1] + _CUT


def encode(
    seq: object,
    wall: object,
    what: object,
    person_id: object,
    person: object,
    unit: object,
    address: object,
    object_: object,
    outcome: object,
    details: object,
) -> bytes:
    """Return the bytes that an entry's digest is taken of: canonical JSON, ASCII only.

    One list of values in this order, keys of details sorted, nothing between, numbers as Python
    writes them.  Raises Invalid for what JSON has no word for.
    """
    values = [
        FORMAT,
        seq,
        wall,
        what,
        person_id,
        person,
        unit,
        address,
        object_,
        outcome,
        details,
    ]
    try:
        return write_json(values).encode("ascii")
    except (TypeError, ValueError):
        raise Invalid("this entry has a value that no entry can have") from None


def encode_act(seq: int, wall: float, act: Act) -> bytes:
    """Return the bytes of a cleaned *act* at its place."""
    return encode(
        seq,
        wall,
        act.what,
        act.person_id,
        act.person,
        act.unit,
        act.address,
        act.object,
        act.outcome,
        act.details,
    )


def write_json(value: object) -> str:
    """Return *value* as canonical JSON: ASCII, sorted keys, no spaces; raises as `json.dumps`."""
    return json.dumps(
        value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def _clean_value(value: Value) -> Value:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if not math.isfinite(value) or abs(value) > _WIDEST:
        raise Invalid(f"a detail cannot be {value!r}")
    return value
