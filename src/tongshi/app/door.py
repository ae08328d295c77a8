"""Who comes in: accounts, sign-ins and second factors of one node, built from its settings."""

from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import Engine

from tongshi.access.factors.service import KEY_NAME, Factors, read_key
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Certificate, Rules
from tongshi.access.oidc.service import Outer, Registered
from tongshi.access.service import People
from tongshi.access.signin.service import SignIns
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.settings import Settings
from tongshi.settings.access import NOBODY


@dataclass(frozen=True, slots=True)
class Door:
    """The parts that let people in."""

    people: People
    sign_ins: SignIns
    factors: Factors
    outer: Outer


def open_door(
    settings: Settings,
    store: Engine,
    writer: Writer,
    clock: Clock,
    hasher: PasswordHasher | None = None,
) -> Door:
    """Build them; the key for secrets at rest is made at the first start.  Blocks."""
    rules = rules_of(settings)
    hashing = Hashing(hasher)
    folder = Path(settings.node.data)
    folder.mkdir(parents=True, exist_ok=True)
    key = read_key(folder / KEY_NAME)
    factors = Factors(store, writer, clock, key, settings.node.name)
    sign_ins = SignIns(store, writer, clock, rules, hashing, factors)
    people = People(store, writer, clock, rules, hashing)
    return Door(people, sign_ins, factors, Outer(registered(settings), key))


def registered(settings: Settings) -> Registered:
    """Return what the settings say of a provider of sign-ins."""
    access = settings.access
    return Registered(
        access.oidc_issuer,
        access.oidc_client,
        access.oidc_secret,
        access.oidc_return,
        access.oidc_email,
    )


def rules_of(settings: Settings) -> Rules:
    """Return the rules of sign-ins as the settings have them."""
    web, access = settings.web, settings.access
    return Rules(
        idle=web.idle_minutes * 60,
        absolute=web.session_hours * 3600,
        attempts=web.attempts,
        lock=web.lock_minutes * 60,
        proof=access.proof_minutes * 60,
        addresses=access.addresses,
        certificate=Certificate(access.certificate),
        administrators_totp=access.totp != NOBODY,
        everybody_totp=access.totp == "everybody",
    )
