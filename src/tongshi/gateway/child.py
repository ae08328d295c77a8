"""A process of ours at the other end of a socket pair, which ends when we do."""

import asyncio
import os
import signal
import socket
import sys

_GRACE = 3.0  # s between SIGTERM and SIGKILL


class Child:
    """A running ``python -m module FD arguments``; FD is its end of the socket pair.

    The child ends when it reads the end of its socket, so it never outlives this process.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self.reader = reader
        self.writer = writer

    @classmethod
    async def start(cls, module: str, *arguments: str, limit: int) -> "Child":
        """Start *module*; *limit* bounds what its reader buffers, in bytes."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            fd = str(theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                fd,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=limit)
        except BaseException:
            ours.close()
            process.kill()
            await process.wait()
            raise
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def backlog(self) -> int:
        """Return how many bytes written to the child wait in this process."""
        transport = self.writer.transport
        return 0 if transport.is_closing() else transport.get_write_buffer_size()

    def kill(self) -> None:
        """End the process at once; ``stop`` still has to be awaited."""
        if self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """Close the socket, wait for the process, and end it when it does not go."""
        self.writer.transport.abort()
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(_GRACE):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


def inherit(fd: str) -> socket.socket:
    """Return the child's end of the socket pair named by its first argument.

    The child leaves an interrupt from the terminal to its parent, which closes it in order.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end = socket.socket(fileno=int(fd))
    os.set_inheritable(end.fileno(), False)
    return end
