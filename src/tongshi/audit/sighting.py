"""What a witness saw of a chain, compared with the chain as it goes by.

A witness keeps heads in the order in which they came.  One that comes at an earlier entry than the
one before it was signed after the store had been rolled back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol

from tongshi.audit.fault import Fault
from tongshi.audit.head import SignedHead


class Note(Protocol):
    """Takes a finding."""

    def __call__(self, fault: Fault, seq: int = 0, **facts: str | int | float) -> None:
        """Note *fault*, which is about entry *seq*."""


class Sightings:
    """The heads of one witness, walked through beside the chain.

    is_signed: says whether the node signed a head.
    seen: heads taken so far.  passed: those older than what is kept.
    """

    def __init__(
        self, heads: Iterable[SignedHead], is_signed: Callable[[SignedHead], bool], note: Note
    ) -> None:
        self.seen = 0
        self.passed = 0
        self._heads = iter(heads)
        self._is_signed = is_signed
        self._note = note
        self._last: SignedHead | None = None
        self._next: SignedHead | None = None

    def begin(self) -> None:
        """Stand at the first head."""
        self._advance()

    def pass_by(self, seq: int, digests: Collection[str]) -> None:
        """Go past the heads of entries that are gone; entry *seq* is the last of them."""
        while self._next is not None and self._next.head.seq < seq:
            self.passed += 1
            self._advance()
        self.compare(seq, digests)

    def compare(self, seq: int, digests: Collection[str]) -> None:
        """Compare the heads of the entry *seq*, whose digest is one of *digests*."""
        while self._next is not None and self._next.head.seq <= seq:
            head = self._next.head
            if head.seq == seq and digests and head.digest not in digests:
                self._note(Fault.WITNESS_DIFFERS, seq, number=head.number)
            self._advance()

    def finish(self, seq: int, number: int) -> None:
        """Note a head of an entry behind *seq*, where the chain ends, or behind head *number*."""
        beyond = None
        while self._next is not None:
            beyond = self._next.head
            self._advance()
        last = self._last.head.number if self._last is not None else 0
        if beyond is not None:
            self._note(Fault.WITNESS_BEYOND, seq, last=beyond.seq, number=beyond.number)
        elif last > number:
            self._note(Fault.HEAD_MISSING, seq, number=number + 1, last=last)

    def _advance(self) -> None:
        """Stand at the next head that goes on from the one before."""
        for signed in self._sound():
            last, head = self._last, signed.head
            if last is not None and (head.seq, head.digest) == (last.head.seq, last.head.digest):
                continue  # told twice
            if last is not None and head.seq <= last.head.seq:
                numbers = {"number": head.number, "last": last.head.seq}
                self._note(Fault.WITNESS_BACK, head.seq, **numbers)
                continue
            self._last = self._next = signed
            return
        self._next = None

    def _sound(self) -> Iterator[SignedHead]:
        for signed in self._heads:
            self.seen += 1
            if self._is_signed(signed):
                yield signed
            else:
                head = signed.head
                self._note(Fault.WITNESS_FORGED, head.seq, number=head.number)
