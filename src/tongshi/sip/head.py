"""Where a message's head ends, and its lines.

Theory of operation.  An ordinary head is found, decoded and split by three calls.  Whatever is odd
shows in the count of line ends and goes through the slow way: empty lines in front, folded lines,
lone LF, and the CR CR LF that text-mode writers make.

Source: RFC 3261 7.3.1 and 7.5.
"""

import re

from tongshi.sip.grammar import refuse

# Begins at LF: a run of CR before it would be walked again from each of its bytes.
_END = re.compile(rb"\n\r*\n")


def divide(data: bytes) -> tuple[str, list[str], bytes]:
    """Return start line, unfolded field lines, and the bytes behind the empty line.

    Raises RemoteProtocolError when there is no empty line, unless the last line at least is
    whole: some devices leave the empty one out of messages without a body.
    """
    end = data.find(b"\r\n\r\n")
    if end > 0:
        head = data[:end].decode("utf-8", "surrogateescape")
        lines = head.split("\r\n")
        ends = len(lines) - 1
        if (
            head.count("\n") == ends
            and head.count("\r") == ends
            and "\n " not in head
            and "\n\t" not in head
            and lines[0]
        ):
            return lines[0], lines[1:], data[end + 4 :]
    return _divide_slowly(data)


def _divide_slowly(data: bytes) -> tuple[str, list[str], bytes]:
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    if end is not None:
        head, rest = data[: end.start()], data[end.end() :]
    elif data.endswith(b"\n"):
        head, rest = data.rstrip(b"\r\n"), b""
    else:
        raise refuse("no empty line ends the head", repr(data[:40]), clause="RFC 3261 7")
    start, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    # A CR inside a line would become a line end of ours when the field is copied.
    return start.rstrip("\r").replace("\r", " "), _unfold(lines), rest


def _unfold(lines: list[str]) -> list[str]:
    whole: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and whole:
            whole[-1].append(line.strip(" \t\r"))
        else:
            whole.append([line.rstrip(" \t\r")])
    return [" ".join(parts).replace("\r", " ") for parts in whole]
