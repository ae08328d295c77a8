"""What serves other programs: tokens and webhooks of one node, built from its settings."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from tongshi.access.factors.service import read_key
from tongshi.access.granting.service import Rights
from tongshi.api.feed import Notice
from tongshi.clock import Clock
from tongshi.db.writer import Writer
from tongshi.hooks.queue.service import QueueRules, Queues
from tongshi.hooks.sending.service import Resolver, Sender, SendRules
from tongshi.hooks.service import KEY, Hooks
from tongshi.hooks.target import read_networks
from tongshi.settings import HookSettings, Settings
from tongshi.tokens.service import TokenRules, Tokens

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Programs:
    """The parts that programs meet."""

    tokens: Tokens
    hooks: Hooks
    queues: Queues
    resolver: Resolver

    def publish(self, notice: Notice) -> None:
        """Let webhooks tell a notice of the feed."""
        self.queues.publish(notice.topic, notice.device_id, notice.body)

    async def stop(self) -> None:
        """End every task; what waits goes on after the next start."""
        await self.queues.stop()
        self.resolver.close()


def open_programs(
    settings: Settings, store: Engine, writer: Writer, clock: Clock, rights: Rights
) -> Programs:
    """Build them; the key of webhooks' secrets is made at the first start.  Blocks."""
    kept = settings.tokens
    rules = TokenRules(kept.longest * DAY, kept.usage_days * DAY)
    tokens = Tokens(store, writer, clock, rules)
    hooks = Hooks(store, writer, clock, read_key(Path(settings.node.data) / KEY))
    resolver = Resolver()
    sender = Sender(send_rules(settings.hooks), resolver)
    queues = Queues(hooks, sender, store, writer, clock, rights.seen, queue_rules(settings.hooks))
    return Programs(tokens, hooks, queues, resolver)


def send_rules(settings: HookSettings) -> SendRules:
    """Return how deliveries are sent."""
    networks = read_networks(settings.networks)
    return SendRules(networks, settings.timeout, settings.authorities)


def queue_rules(settings: HookSettings) -> QueueRules:
    """Return how deliveries wait."""
    return QueueRules(settings.patience * 3600, settings.queue, settings.keep_days * DAY)
