"""The one writer: every change of the store passes through it, many in one transaction.

`Writer.call` queues a job and gives a future that is done once the job is committed; a
`buffer.Buffer` is emptied at every flush.  Both meet in one transaction a batch.

When the store cannot be written (disk full, locked, server away) nothing is lost that can wait:
buffers keep their values and are tried again at growing intervals; calls fail at once, or when
their patience ends, with Exhausted.  `Writer.health` shows the fault for as long as it lasts.
A job may be run more than once, so it must change nothing but the store.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tongshi.db.buffer import Job, Source
from tongshi.db.connect import writing
from tongshi.db.fault import is_transient, translate
from tongshi.errors import Exhausted

_log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 256
"""Calls in one transaction at the most."""
FIRST_PAUSE = 0.25
"""After a failed attempt, s; doubled with each failure in a row."""
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class WriterHealth:
    """How writing goes.

    fault: why nothing can be written at present; empty when all is well.
    waiting: calls in the queue and values in buffers.  batches, calls: committed so far.
    failures: attempts that the store refused.  defects: jobs given up for a fault of their own.
    """

    fault: str = ""
    waiting: int = 0
    batches: int = 0
    calls: int = 0
    failures: int = 0
    defects: int = 0


@dataclass(frozen=True, slots=True)
class _Call:
    """One queued job.  until: monotonic s, how long it may be tried again."""

    run: Job
    finish: Callable[[], None]
    fail: Callable[[BaseException], None]
    durable: bool
    until: float


@dataclass(slots=True)
class _Counts:
    batches: int = 0
    calls: int = 0
    failures: int = 0
    defects: int = 0


@dataclass(frozen=True, slots=True)
class _Drain:
    """One source and the job that writes what it gave."""

    source: Source
    run: Job

    @property
    def durable(self) -> bool:
        return self.source.durable


_Unit = _Call | _Drain


@dataclass(slots=True)
class _Turn:
    """What one turn of the thread has to do."""

    calls: list[_Call]
    sources: list[Source]
    flushes: list[Future[None]]


class Writer:
    """One thread that owns all writing.

    flush: longest time a buffered value waits, s.  queue: calls that may wait.
    """

    def __init__(self, engine: Engine, *, flush: float = 1.0, queue: int = 10_000) -> None:
        self._engine = engine
        self._flush = flush
        self._limit = queue
        self._calls: deque[_Call] = deque()
        self._sources: list[Source] = []
        self._patient: list[_Call] = []
        self._flushes: list[Future[None]] = []
        self._woken = threading.Condition()
        self._closing = False
        self._give_up_at = 0.0
        self._due_at = time.monotonic() + flush
        self._pause = 0.0
        self._fault = ""
        self._counts = _Counts()
        # Jobs run in an executor of one thread, which hands back whatever they raise.
        self._jobs = ThreadPoolExecutor(1, thread_name_prefix="store-job")
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def attach(self, source: Source) -> None:
        """Empty *source* at every flush from now on."""
        with self._woken:
            self._sources.append(source)

    def call(
        self, job: Callable[[Connection], T], *, durable: bool = False, patience: float = 0.0
    ) -> Future[T]:
        """Queue *job*; the future is done when it is committed.

        durable: on the disk, safe from a power cut.  patience: s, how long the job may be tried
        again while the store cannot be written.  The future raises Exhausted (``disk``,
        ``store``), Conflict, or what the job raised.  Raises Exhausted when the queue is full.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what is queued cannot be taken back
        results: deque[T] = deque(maxlen=1)
        call = _Call(
            run=lambda connection: results.append(job(connection)),
            finish=lambda: future.set_result(results[0]),
            fail=future.set_exception,
            durable=durable,
            until=time.monotonic() + patience,
        )
        with self._woken:
            if self._closing:
                raise Exhausted("the store is closed", resource="store")
            if len(self._calls) >= self._limit:
                raise Exhausted("too many writes wait", resource="store")
            self._calls.append(call)
            self._woken.notify()
        return future

    def commit(
        self, job: Callable[[Connection], T], *, durable: bool = False, timeout: float = 10.0
    ) -> T:
        """Queue *job*, wait until it is committed and return its result.

        Raises as `call` and its future do, and Exhausted when *timeout* s pass; the job may
        still be committed later then.
        """
        try:
            return self.call(job, durable=durable).result(timeout)
        except TimeoutError:
            raise Exhausted("the store takes too long to write", resource="store") from None

    def flush(self, timeout: float = 30.0) -> None:
        """Return when all that was queued or buffered before is committed.

        Raises Exhausted when the store cannot be written or *timeout* s pass.
        """
        done: Future[None] = Future()
        with self._woken:
            if self._closing:
                raise Exhausted("the store is closed", resource="store")
            self._flushes.append(done)
            self._woken.notify()
        try:
            done.result(timeout)
        except TimeoutError:
            raise Exhausted("the store takes too long to write", resource="store") from None

    def close(self, timeout: float = 30.0) -> None:
        """Write all that waits and stop; what cannot be written in *timeout* s is logged as lost.

        A second call does nothing.
        """
        with self._woken:
            if not self._closing:
                self._give_up_at = time.monotonic() + timeout
                self._closing = True
            self._woken.notify()
        self._thread.join()
        self._jobs.shutdown()

    def health(self) -> WriterHealth:
        """Return how writing goes."""
        counts = self._counts
        waiting = len(self._calls) + len(self._patient) + sum(map(len, self._sources))
        return WriterHealth(
            self._fault, waiting, counts.batches, counts.calls, counts.failures, counts.defects
        )

    def _run(self) -> None:
        while True:
            turn = self._wait()
            error = self._write(turn)
            for done in turn.flushes:
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(_own(error))
            if self._closing and self._is_finished():
                return

    def _wait(self) -> _Turn:
        """Return what to do next, once there is something to do."""
        with self._woken:
            while (wait := self._remaining()) > 0:
                self._woken.wait(wait)
            calls = [self._calls.popleft() for _ in range(min(BATCH, len(self._calls)))]
            turn = _Turn(calls, [], [])
            if self._calls:
                return turn
            turn.flushes, self._flushes = self._flushes, []
            if turn.flushes or self._closing or time.monotonic() >= self._due_at:
                turn.sources = list(self._sources)
                turn.calls, self._patient = self._patient + calls, []
            return turn

    def _remaining(self) -> float:
        """Return how long the thread may sleep, s; 0 when there is something to do."""
        if self._calls or self._flushes or (self._closing and not self._fault):
            return 0.0
        return self._due_at - time.monotonic()

    def _is_finished(self) -> bool:
        """Say whether the closing writer may stop: nothing is left, or time is up."""
        left = len(self._calls) + len(self._patient) + sum(map(len, self._sources))
        if not left:
            return True
        if time.monotonic() < self._give_up_at:
            return False
        for call in [*self._calls, *self._patient]:
            call.fail(Exhausted(f"the store closed unwritten: {self._fault}", resource="store"))
        _log.error("event=writes-lost count=%d fault=%r", left, self._fault)
        return True

    def _write(self, turn: _Turn) -> BaseException | None:
        """Commit all of *turn*; return what the store said against it, None when all is well."""
        units: list[_Unit] = list(turn.calls)
        for source in turn.sources:
            job = source.take()
            if job is not None:
                units.append(_Drain(source, job))
        error = self._attempt(units) if units else None
        if error is None or is_transient(error):
            self._schedule(error if units else None, swept=bool(turn.sources))
            for unit in units:
                self._settle(unit, error)
            return error
        return self._write_alone(units)

    def _write_alone(self, units: list[_Unit]) -> BaseException | None:
        """Commit each unit by itself, so that a faulty one spoils no other."""
        worst: BaseException | None = None
        for unit in units:
            error = self._attempt([unit])
            if error is not None and isinstance(unit, _Drain) and not is_transient(error):
                error = self._write_apart(unit.source)
            self._settle(unit, error)
            if error is not None and is_transient(error):
                worst = error
        self._schedule(worst, swept=True)
        return worst

    def _write_apart(self, source: Source) -> BaseException | None:
        """Commit each value of *source* by itself; give up those that are faulty."""
        for job, forget in source.take_apart():
            error = self._attempt([_Drain(source, job)])
            if error is not None and is_transient(error):
                return error
            if error is not None:
                self._counts.defects += 1
                _log.error("event=write-given-up error=%r", error, exc_info=error)
            forget()
        return None

    def _attempt(self, units: list[_Unit]) -> BaseException | None:
        """Run *units* in one transaction; return what was raised."""
        durable = any(unit.durable for unit in units)
        error = self._jobs.submit(self._transact, [unit.run for unit in units], durable).exception()
        if error is None:
            self._counts.batches += 1
        elif isinstance(error, SQLAlchemyError):
            self._counts.failures += 1
        return error

    def _transact(self, runs: list[Job], durable: bool) -> None:
        with self._engine.connect() as plain:
            connection = plain.execution_options(**writing(durable=durable))
            with connection.begin():
                for run in runs:
                    run(connection)

    def _settle(self, unit: _Unit, error: BaseException | None) -> None:
        match unit:
            case _Drain(source=source):
                source.settle(written=error is None)
            case _Call() if error is None:
                self._counts.calls += 1
                unit.finish()
            case _Call() if is_transient(error) and time.monotonic() < unit.until:
                self._patient.append(unit)
            case _Call():
                unit.fail(_own(error))

    def _schedule(self, error: BaseException | None, *, swept: bool) -> None:
        """Set when buffers are emptied next: later and later while the store refuses."""
        if error is not None:
            fault = str(_own(error))
            if not self._fault:
                _log.error("event=store-refuses fault=%r", fault)
            self._fault = fault
            self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)
            pause = FIRST_PAUSE if self._closing else self._pause
            self._due_at = time.monotonic() + pause
            return
        if self._fault:
            _log.warning("event=store-writes-again after=%r", self._fault)
            self._fault, self._pause = "", 0.0
            self._due_at = time.monotonic()
        elif swept:
            self._due_at = time.monotonic() + self._flush


def _own(error: BaseException) -> BaseException:
    return translate(error) if isinstance(error, SQLAlchemyError) else error
