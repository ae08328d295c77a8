"""One request to a webhook's receiver: the name resolved once, the address checked and pinned.

Between the check and the connection nobody is asked for the name again, so whoever answers for it
cannot change its mind.  Time, headers and body are bounded, redirects are not followed.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address

from tongshi.errors import Denied, Invalid
from tongshi.hooks.exchange import Exchange
from tongshi.hooks.hook import Outcome
from tongshi.hooks.target import Network, Target, parse, pick

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name; raises OSError."""
_CHUNK = 4096
_MOST = 64 * 1024
"""Bytes of an answer that are looked at, at the most."""


@dataclass(frozen=True, slots=True)
class SendRules:
    """networks: inner ones that may be called.  timeout: s for one delivery.

    authorities: file of certificates that are trusted beside the system's.
    """

    networks: tuple[Network, ...] = field(default=())
    timeout: float = 10.0
    authorities: str = ""


class Resolver:
    """Asks the system for addresses, in threads of its own: a slow one holds up nobody else's."""

    def __init__(self, at_once: int = 16) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hook-names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of *host*; raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _ask, host, port)
        return [str(each[4][0]) for each in found]

    def close(self) -> None:
        """Let go of the threads; a question that is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(a), int(b), c, d, tuple(e)) for a, b, c, d, e in found]


class Sender:
    """Makes single deliveries.

    resolve: whom to ask for addresses.  Raises Invalid when the file of certificates is none.
    """

    def __init__(self, rules: SendRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._trust = ssl.create_default_context()
        self._trust.set_alpn_protocols(["http/1.1"])
        if rules.authorities:
            try:
                self._trust.load_verify_locations(rules.authorities)
            except OSError as error:
                text = f"hooks.authorities {rules.authorities} cannot be used: {error}"
                raise Invalid(text) from None

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        """Send *body* and return how it went; never raises for what the receiver did."""
        try:
            target = parse(url)
            async with asyncio.timeout(self._rules.timeout):
                addresses = await self._addresses(target)
                return await self._exchange(target, addresses, Exchange(target, body, headers))
        except (Invalid, Denied) as error:
            return Outcome(None, "forbidden", str(error))
        except TimeoutError:
            return Outcome(None, "timeout", f"no answer within {self._rules.timeout:g} s")
        except ssl.SSLError as error:
            return Outcome(None, "tls", str(error)[:200])
        except (OSError, UnicodeError) as error:
            return Outcome(None, "unreachable", str(error)[:200])

    async def _addresses(self, target: Target) -> tuple[str, ...]:
        """Return the addresses of the target, each of which may be called."""
        try:
            found: Sequence[str] = [str(ip_address(target.host))]
        except ValueError:
            found = await self._resolve(target.host, target.port)
        return pick(found, self._rules.networks)

    async def _exchange(
        self, target: Target, addresses: tuple[str, ...], exchange: Exchange
    ) -> Outcome:
        reader, writer = await self._connect(target, addresses)
        try:
            writer.write(exchange.request)
            seen = 0
            while seen < _MOST:
                data = await reader.read(_CHUNK)
                seen += len(data)
                if exchange.take(data):
                    break
        finally:
            writer.close()
            # Its farewell is not waited for: a receiver may never say it.
            writer.transport.abort()
        return exchange.outcome()

    async def _connect(
        self, target: Target, addresses: tuple[str, ...]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection to the first of the addresses that takes one."""
        trust = self._trust if target.scheme == "https" else None
        name = target.host if trust is not None else None
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(
                    address, target.port, limit=_CHUNK, ssl=trust, server_hostname=name
                )
        return await asyncio.open_connection(
            addresses[-1], target.port, limit=_CHUNK, ssl=trust, server_hostname=name
        )
