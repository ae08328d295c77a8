"""Rules of admission: which holds for a device at an address.

| effect | pattern, network | means |
|---|---|---|
| allow, deny | the most specific decides; deny where both are as specific | may register, or not |
| source | every rule whose pattern fits | may register only from one of these networks |
| approval | any that fits | a device never seen before waits until a person allows it |
| open | any that fits | registers without a password |
| redirect | the most specific | is sent to another server, GB/T 28181-2022 9.1.2.3 |

A pattern is a device id, or the beginning of ids with ``*`` behind it; ``*`` alone is everybody.
A longer pattern is more specific, an id more than any beginning, a network more than none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_usable

EVERYBODY = "*"
Network = IPv4Network | IPv6Network


class Effect(Enum):
    """What a rule does."""

    ALLOW = "allow"
    DENY = "deny"
    SOURCE = "source"
    APPROVAL = "approval"
    OPEN = "open"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    network: CIDR, empty for any.  target: of a redirection, ``id@host:port``; expires: s for which
    it holds.  note: why, in a person's words.  made_at: UNIX time, s; made_by: a person's name.
    """

    effect: Effect
    pattern: str
    network: str = ""
    target: str = ""
    expires: int = 3_600
    note: str = ""
    made_at: float = 0.0
    made_by: str = ""
    id: int = 0

    @property
    def weight(self) -> tuple[bool, int, int]:
        """How specific it is: compare with others that fit the same device."""
        exact = not self.pattern.endswith("*")
        network = network_of(self.network)
        return exact, len(self.pattern), -1 if network is None else network.prefixlen


def check(rule: Rule) -> Rule:
    """Return *rule*, written in the one usual form; raises Invalid naming every fault."""
    network = _normal(rule.network)
    faults = _pattern_faults(rule.pattern)
    if network is None:
        faults.append(f"not a network: {rule.network[:50]!r}")
    faults += _effect_faults(rule)
    if not 60 <= rule.expires <= 864_000:
        faults.append("a redirection holds for 60 to 864000 s")
    if len(rule.note) > 500:
        faults.append("a note has at most 500 characters")
    if faults:
        raise Invalid("the rule is not usable", faults=tuple(faults))
    return replace(rule, network=network or "")


class RuleBook:
    """Many rules, found by what they fit without going through all."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._by_pattern: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self._by_pattern.setdefault(rule.pattern, []).append(rule)
        stems = {len(pattern) - 1 for pattern in self._by_pattern if pattern.endswith("*")}
        self._stems = sorted(stems, reverse=True)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def fitting(self, device_id: str, host: str, *effects: Effect) -> list[Rule]:
        """Return the rules of *effects* that fit, the most specific first."""
        found = [
            rule
            for rule in self._candidates(device_id)
            if rule.effect in effects and lies_in(host, rule.network)
        ]
        found.sort(key=lambda rule: (rule.weight, rule.effect is Effect.DENY), reverse=True)
        return found

    def denies(self, device_id: str, host: str) -> bool:
        """Whether the most specific rule for it is to keep it out."""
        found = self.fitting(device_id, host, Effect.ALLOW, Effect.DENY)
        return bool(found) and found[0].effect is Effect.DENY

    def misplaces(self, device_id: str, host: str) -> bool:
        """Whether it may register from some networks only, and *host* is in none of them."""
        named = [rule for rule in self._candidates(device_id) if rule.effect is Effect.SOURCE]
        return bool(named) and not any(lies_in(host, rule.network) for rule in named)

    def wants_approval(self, device_id: str, host: str) -> bool:
        """Whether a device that is new has to wait for a person."""
        fits = self.fitting(device_id, host, Effect.APPROVAL, Effect.ALLOW)
        effects = {rule.effect for rule in fits}
        return Effect.APPROVAL in effects and Effect.ALLOW not in effects

    def is_open(self, device_id: str, host: str) -> bool:
        """Whether it registers without a password from *host*."""
        return bool(self.fitting(device_id, host, Effect.OPEN))

    def redirection(self, device_id: str, host: str) -> Rule | None:
        """Return where it is to register instead."""
        found = self.fitting(device_id, host, Effect.REDIRECT)
        return found[0] if found else None

    def _candidates(self, device_id: str) -> Iterator[Rule]:
        yield from self._by_pattern.get(device_id, ())
        for length in self._stems:
            if length <= len(device_id):
                yield from self._by_pattern.get(device_id[:length] + "*", ())


def lies_in(host: str, network: str) -> bool:
    """Whether *host*, an address, is in *network*; every host is in none."""
    known = network_of(network)
    if known is None:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.version == known.version and address in known


@lru_cache(maxsize=4096)
def network_of(text: str) -> Network | None:
    """Return the network that a checked *text* is; None for any."""
    return ip_network(text) if text else None


def _normal(text: str) -> str | None:
    """Return *text* as a network in its usual form; None when it is none."""
    if not text:
        return ""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        return None


def _pattern_faults(pattern: str) -> list[str]:
    if not pattern:
        return ["a pattern is needed; * is everybody"]
    stem = pattern.removesuffix("*")
    if stem and not is_usable(stem):
        return [f"not the id of a device, nor a beginning with *: {pattern[:70]!r}"]
    return []


def _effect_faults(rule: Rule) -> list[str]:
    """Return what is wrong with *rule* for what it does."""
    faults = []
    if rule.effect is Effect.SOURCE and not rule.network:
        faults.append("a source rule needs a network")
    if rule.effect is Effect.OPEN and rule.pattern == EVERYBODY and not rule.network:
        faults.append("registering without a password needs a network, or a pattern other than *")
    if rule.effect is Effect.REDIRECT:
        faults += _target_faults(rule.target)
    elif rule.target:
        faults.append("only a redirection has a target")
    return faults


def _target_faults(target: str) -> list[str]:
    server, at, place = target.partition("@")
    host, colon, port = place.rpartition(":")
    good = at and colon and is_usable(server) and port.isascii() and port.isdigit()
    if good and 0 < int(port[:6]) < 65_536:
        try:
            ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            good = ""
        else:
            return []
    return [f"a redirection needs a target, id@address:port: {target[:100]!r}"]
