"""Every error this product raises on purpose.

Error
├── Invalid                  a value from our own caller breaks a rule
├── Missing                  what was asked for is not there, or not for this asker
├── Conflict                 it is there already, or in a state that forbids the act
│   └── PeerOffline              the device is known to be offline: nothing was asked of it
├── Denied                   no right: says why, and which grant would help
│   ├── NotGranted               no grant does for this camera, of which the asker may know
│   ├── SignInNeeded             nobody is signed in, or the sign-in has ended
│   ├── FirstNeeded              something about the own account must be done first
│   └── ProofNeeded              the person must prove anew who they are
├── Exhausted                ports, SSRCs, sessions, disk: nothing left to lease
├── ProtocolError            bytes or an exchange break a standard
│   ├── LocalProtocolError       we were about to send it: a defect here
│   └── RemoteProtocolError      the peer sent it: carries the answer to give
├── PeerRefused              the peer answered with a failure: carries its status
├── PeerSilent               the peer did not answer: carries the timer and the stage
└── EngineFailed             the media engine or a codec gave up

Interfaces map the tree once each: HTTP problem details, SIP status, exit code.
"""


class Error(Exception):
    """Base of all; ``code`` is stable, with a title in both languages and a page in the docs."""

    code = "error"


class Invalid(Error):
    """A value from our own caller breaks a rule.

    faults: every breach found, one sentence each.
    """

    code = "invalid"

    def __init__(self, message: str, *, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message if not faults else f"{message}: {'; '.join(faults)}")
        self.faults = faults or (message,)


class Missing(Error):
    """What was asked for does not exist, or does not exist for this asker."""

    code = "missing"


class Conflict(Error):
    """The thing exists already, or its state forbids the act."""

    code = "conflict"


class PeerOffline(Conflict):
    """The device is known to be offline: nothing was asked of it."""

    code = "peer.offline"


class Denied(Error):
    """The actor has no right to it.

    helps: the grant that would have allowed it, in words; empty when none can.
    """

    code = "denied"

    def __init__(self, message: str, *, helps: str = "") -> None:
        super().__init__(message)
        self.helps = helps


class SignInNeeded(Denied):
    """Nobody is signed in, or the sign-in has ended."""

    code = "denied.signin"


class FirstNeeded(Denied):
    """Something about the own account must be done before anything else is allowed.

    first: ``password``, ``totp`` or ``certificate``.
    """

    code = "denied.first"

    def __init__(self, message: str, *, first: str, helps: str = "") -> None:
        super().__init__(message, helps=helps)
        self.first = first


class ProofNeeded(Denied):
    """The act needs a password or code that was given lately: prove it again."""

    code = "denied.proof"


class NotGranted(Denied):
    """No grant lets the actor do it with this camera, of which they may know.

    reason: code of `tongshi.access.grant.Reason`.
    """

    code = "denied.grant"

    def __init__(self, message: str, *, reason: str, helps: str) -> None:
        super().__init__(message, helps=helps)
        self.reason = reason


class Exhausted(Error):
    """Nothing is left to lease.

    resource: ``port``, ``ssrc``, ``session``, ``transaction``, ``transcode``, ``snapshot``,
    ``reader``, ``store``, ``disk``, ``trace``, ``talk``; of a token's quotas ``calls-minute``,
    ``calls-day``, ``stream-day``, ``bytes-day``.
    again: s after which there is more; None where nobody knows.
    """

    code = "exhausted"

    def __init__(self, message: str, *, resource: str, again: float | None = None) -> None:
        super().__init__(message)
        self.resource = resource
        self.again = again


class ProtocolError(Error):
    """Bytes or an exchange break a standard."""

    code = "protocol"


class LocalProtocolError(ProtocolError):
    """We were about to break a standard: a defect here."""

    code = "protocol.local"


class RemoteProtocolError(ProtocolError):
    """The peer broke a standard.

    clause: where the standard says so, as ``"GB/T 28181-2022 A.3.1"``.
    status: the SIP status to answer with, 400..699.
    """

    code = "protocol.remote"

    def __init__(self, message: str, *, clause: str, status: int = 400) -> None:
        super().__init__(f"{message} [{clause}]")
        self.clause = clause
        self.status = status


class PeerRefused(Error):
    """The peer answered with a failure.

    status: its SIP status, 300..699; 0 when it answered by a message that says ERROR.
    stage: what was asked, as ``"invite"``.
    """

    code = "peer.refused"

    def __init__(self, message: str, *, status: int, stage: str) -> None:
        super().__init__(message)
        self.status = status
        self.stage = stage


class PeerSilent(Error):
    """The peer did not answer, or sent no media, in time.

    timer: the name of the timer that ran out, as ``"B"`` or ``"first media"``.
    stage: what was waited for, as ``"invite"``, ``"connect"``, ``"media"``.
    """

    code = "peer.silent"

    def __init__(self, message: str, *, timer: str, stage: str) -> None:
        super().__init__(message)
        self.timer = timer
        self.stage = stage


class EngineFailed(Error):
    """The media engine or a codec gave up.

    stage: ``"connect"``, ``"demux"``, ``"decode"``, ``"encode"``, ``"worker"``, ``"file"``.
    """

    code = "engine.failed"

    def __init__(self, message: str, *, stage: str) -> None:
        super().__init__(message)
        self.stage = stage


TITLES: dict[str, tuple[str, str]] = {
    "error": ("内部错误", "Internal error"),
    "invalid": ("输入不合规则", "Input breaks a rule"),
    "missing": ("对象不存在", "Not found"),
    "conflict": ("与当前状态冲突", "Conflicts with the present state"),
    "denied": ("无权进行此操作", "No right to do this"),
    "denied.signin": ("请先登录", "Sign in first"),
    "denied.first": ("须先完成账户设置", "Your account needs something first"),
    "denied.proof": ("请再次验证身份", "Prove again who you are"),
    "denied.grant": ("此摄像机未授权此操作", "No grant for this camera"),
    "exhausted": ("资源已用尽", "Nothing left to lease"),
    "protocol": ("违反协议", "Protocol broken"),
    "protocol.local": ("本端违反协议（程序缺陷）", "We broke the protocol (a defect here)"),
    "protocol.remote": ("对端违反协议", "The peer broke the protocol"),
    "peer.offline": ("设备离线", "The device is offline"),
    "peer.refused": ("对端拒绝", "The peer refused"),
    "peer.silent": ("对端无响应", "The peer did not answer"),
    "engine.failed": ("媒体处理失败", "Media processing failed"),
}
"""Each code's title: Chinese, English."""
