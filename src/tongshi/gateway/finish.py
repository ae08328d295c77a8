"""The helper process that finishes a recording: tables in front, digests, the file in its place.

Start: ``python -m tongshi.gateway.finish FD FILE``; its one line of JSON is a :class:`Finished`, or
``{"fault": ...}``.  It reads each byte once, at low priority, and ends when FD does.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tongshi.errors import EngineFailed, Exhausted, Invalid
from tongshi.gateway.child import Child, inherit
from tongshi.gateway.record import Files
from tongshi.media.mp4 import (
    Finished,
    Kind,
    Record,
    build_moov,
    close_head,
    head_size,
    read_records,
    read_tracks,
)
from tongshi.media.unit import CLOCK

_NICE = 5
_CHUNK = 1 << 20
_LINE = 1 << 16


async def finish(path: str) -> Finished:
    """Return what became of the recording *path* (without an ending): ``path.mp4``.

    Raises Exhausted (``disk``), EngineFailed(stage="file").
    """
    try:
        child = await Child.start("tongshi.gateway.finish", path, limit=_LINE)
        try:
            line = await child.reader.readline()
        finally:
            await child.stop()
        told = json.loads(line)
    except (OSError, ValueError) as error:
        raise EngineFailed(f"the file was not finished: {error}", stage="file") from None
    if "fault" not in told:
        return Finished(**told)
    if told["full"]:
        raise Exhausted(told["fault"], resource="disk")
    raise EngineFailed(told["fault"], stage="file")


def finish_file(path: str) -> Finished:
    """Finish the recording *path* in this process; raises Invalid and OSError."""
    files, target = Files.of(path), Path(f"{path}.mp4")
    records = whole(list(read_records(files.index.read_bytes())), files.part.stat().st_size)
    pictures, sounds = read_tracks(files.tracks.read_bytes())
    seen = [record for record in records if record.kind is Kind.PICTURE]
    keys = [record for record in seen if record.key]
    if not keys:
        raise Invalid("the recording has no pictures")
    begin = records[0].offset
    size = records[-1].offset + records[-1].size - begin
    moov = build_moov(records, pictures, sounds, keys[0].at)
    head = close_head(moov, begin - head_size(0), size)
    if head is None:
        # More pictures than there was room for: the one case in which all is copied.
        moved = head_size(len(moov)) - begin
        records = [record._replace(offset=record.offset + moved) for record in records]
        head = close_head(build_moov(records, pictures, sounds, keys[0].at), len(moov), size) or b""
        _copy(files.part, target, head, begin)
    else:
        with files.part.open("r+b") as part:
            part.write(head)
            part.truncate(begin + size)
            os.fsync(part.fileno())
        files.part.rename(target)
    digest, pictures_digest, sound_digest = _digest(target, len(head), records)
    for left in (files.part, files.index, files.tracks):
        left.unlink(missing_ok=True)
    last = seen[-1].dts
    step = last - seen[-2].dts if len(seen) > 1 else CLOCK // 25
    return Finished(
        size=target.stat().st_size,
        digest=digest,
        pictures_digest=pictures_digest,
        sound_digest=sound_digest,
        frames=len(seen),
        keys=len(keys),
        since=round(keys[0].at, 3),
        until=round(keys[-1].at + (last + step - keys[-1].dts) / CLOCK, 3),
        seconds=round((last + step - seen[0].dts) / CLOCK, 3),
        doubtful=any(record.doubtful for record in seen),
    )


def whole(records: list[Record], size: int) -> list[Record]:
    """Return the records whose bytes are in a file of *size*: after a loss of power, not all."""
    while records and records[-1].offset + records[-1].size > size:
        records.pop()
    return records


def _copy(part: Path, target: Path, head: bytes, begin: int) -> None:
    made = target.with_suffix(".new")
    with part.open("rb") as source, made.open("wb") as copy:
        copy.write(head)
        source.seek(begin)
        shutil.copyfileobj(source, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
    made.rename(target)


def _digest(target: Path, begin: int, records: Sequence[Record]) -> tuple[str, str, str]:
    """Return the digests of the file, of its pictures and of its sound."""
    file = hashlib.sha256()
    kinds = {Kind.PICTURE: hashlib.sha256(), Kind.SOUND: hashlib.sha256()}
    heard = False
    with target.open("rb", buffering=_CHUNK) as content:
        file.update(content.read(begin))
        for record in records:
            data = content.read(record.size)
            file.update(data)
            kinds[record.kind].update(data)
            heard |= record.kind is Kind.SOUND
    sound = kinds[Kind.SOUND].hexdigest() if heard else ""
    return file.hexdigest(), kinds[Kind.PICTURE].hexdigest(), sound


def answer(path: str) -> dict[str, object]:
    """Return what is told of the recording *path*."""
    try:
        return asdict(finish_file(path))
    except Invalid as error:
        return {"fault": str(error), "full": False}
    except OSError as error:
        return {"fault": f"{path}: {error}", "full": error.errno in (errno.ENOSPC, errno.EDQUOT)}


def main(arguments: list[str]) -> None:
    """Finish one recording and tell."""
    with inherit(arguments[0]) as end:
        end.setblocking(True)
        os.nice(_NICE)
        end.sendall(json.dumps(answer(arguments[1])).encode() + b"\n")
        end.recv(1)  # the parent has read it when it closes


if __name__ == "__main__":
    main(sys.argv[1:])
