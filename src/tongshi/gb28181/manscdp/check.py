"""What must not be sent, and why: the bounds that fields declare, before a message goes out.

Illegal values have consequences: some devices unregister or restart on a strange BasicParam.
Reading never checks: what a device wrote is kept as it is.

Source: GB/T 28181-2022 A.2.1, A.2.3.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import Invalid
from tongshi.gb28181.manscdp.config import BasicParam, TimeSegment
from tongshi.gb28181.manscdp.control import PtzCmd, TargetTrack
from tongshi.gb28181.manscdp.spec import Shape, Spec
from tongshi.gb28181.manscdp.table import specs_of
from tongshi.gb28181.ptz import encode
from tongshi.gb28181.version import Version


class Breach(Enum):
    """What is wrong with a value; its text is ``fault.<value>``."""

    MISSING = "missing"
    LOW = "low"
    HIGH = "high"
    CHOICE = "choice"
    FORM = "form"
    LONG = "long"
    MANY = "many"
    KIND = "kind"
    UNKNOWN = "unknown"
    TOLD = "told"
    BEATS = "beats"
    ORDER = "order"
    LINE = "line"


_SENTENCES = {
    Breach.MISSING: "{path} is missing",
    Breach.LOW: "{path} is less than {limit}",
    Breach.HIGH: "{path} is more than {limit}",
    Breach.CHOICE: "{path} is none of {limit}",
    Breach.FORM: "{path} does not have the form {limit}",
    Breach.LONG: "{path} has more than {limit} characters",
    Breach.MANY: "{path} has more than {limit} members",
    Breach.KIND: "{path} is not of the kind {limit}",
    Breach.UNKNOWN: "{path} is not known",
    Breach.TOLD: "{path} is told by devices and cannot be set",
    Breach.BEATS: "{path}: a keepalive would come later than the registration ends",
    Breach.ORDER: "{path} ends before it begins",
    Breach.LINE: "{path} follows people: it is never sent",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A breach.  path: of attributes, ``days.0.segments.2.stop_hour``.  limit: in words."""

    path: str
    breach: Breach
    limit: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.breach].format(path=self.path, limit=self.limit)


Faults = tuple[Fault, ...]


def require(value: object, version: Version, faults: Faults = ()) -> None:
    """Raise Invalid when *value* must not be sent, or there are *faults* already."""
    found = (*faults, *check(value, version))
    if found:
        raise Invalid(f"{type(value).__name__} is not legal", faults=tuple(map(str, found)))


def check(value: object, version: Version = Version.V2022) -> Faults:
    """Return what is wrong with *value*: a command, a block, a query, or a member of one.

    Fields that *version* does not have are not written, and not checked.  A whole block that is
    newer is no fault: peers that tell no version count as of 2016 and often know more.
    """
    if isinstance(value, TargetTrack):
        return (Fault("how", Breach.LINE),)
    faults: list[Fault] = []
    for name, spec in specs_of(type(value)).items():
        if spec.belongs(version):
            faults += below(name, _check(spec, getattr(value, name), version))
    for kind, rule in _RULES.items():
        if isinstance(value, kind):
            faults += rule(value)
    return tuple(faults)


def below(name: str, faults: Faults) -> Faults:
    """Return *faults* with *name* before their paths."""
    return tuple(
        Fault(f"{name}.{fault.path}" if fault.path else name, fault.breach, fault.limit)
        for fault in faults
    )


def _check(spec: Spec, told: object, version: Version) -> Faults:
    if told == spec.blank:
        return (Fault("", Breach.MISSING),) if spec.required else ()
    if spec.told:
        return (Fault("", Breach.TOLD),)
    if spec.shape is Shape.BLOCK:
        return check(told, version)
    if isinstance(told, tuple):
        return _check_members(spec, told, version)
    return _check_leaf(spec, told)


def _check_members(spec: Spec, told: tuple[object, ...], version: Version) -> Faults:
    faults: list[Fault] = []
    if spec.most is not None and len(told) > spec.most:
        faults.append(Fault("", Breach.MANY, str(spec.most)))
    for at, member in enumerate(told):
        found = check(member, version) if spec.of is not None else _check_leaf(spec, member)
        faults += below(str(at), found)
    return tuple(faults)


def _check_leaf(spec: Spec, told: object) -> Faults:
    if spec.choices and told not in spec.choices:
        return (Fault("", Breach.CHOICE, ", ".join(map(str, spec.choices))),)
    if isinstance(told, int | float):
        return _check_number(spec, told)
    if isinstance(told, str) and spec.shape is Shape.LEAF:
        return _check_text(spec, told)
    return ()


def _check_number(spec: Spec, told: float) -> Faults:
    if spec.low is not None and told < spec.low:
        return (Fault("", Breach.LOW, f"{spec.low:g}"),)
    if spec.high is not None and told > spec.high:
        return (Fault("", Breach.HIGH, f"{spec.high:g}"),)
    return ()


def _check_text(spec: Spec, told: str) -> Faults:
    if spec.form and not re.fullmatch(spec.form, told, re.ASCII):
        return (Fault("", Breach.FORM, spec.form),)
    if spec.most is not None and len(told) > spec.most:
        return (Fault("", Breach.LONG, str(spec.most)),)
    return ()


def _check_basic(value: object) -> Faults:
    assert isinstance(value, BasicParam)
    interval, expiration = value.heart_beat_interval, value.expiration
    if interval is not None and expiration is not None and interval >= expiration:
        return (Fault("heart_beat_interval", Breach.BEATS),)
    return ()


def _check_segment(value: object) -> Faults:
    assert isinstance(value, TimeSegment)
    begin = (value.start_hour or 0, value.start_minute or 0, value.start_second or 0)
    end = (value.stop_hour or 0, value.stop_minute or 0, value.stop_second or 0)
    return (Fault("stop_hour", Breach.ORDER),) if end <= begin else ()


def _check_word(value: object) -> Faults:
    assert isinstance(value, PtzCmd)
    if isinstance(value.word, str):
        return (Fault("word", Breach.FORM, "A.3"),)
    try:
        encode(value.word)
    except Invalid as error:
        return (Fault("word", Breach.FORM, str(error)),)
    return ()


_RULES: dict[type, Callable[[object], Faults]] = {
    BasicParam: _check_basic,
    TimeSegment: _check_segment,
    PtzCmd: _check_word,
}
