"""Blocks of settings in a message: which element is which.

Source: GB/T 28181-2022 A.2.3.2, A.2.6.9.
"""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element as Tree

from tongshi.gb28181.element import Element, freeze
from tongshi.gb28181.manscdp.answer import ConfigDownloadAnswer
from tongshi.gb28181.manscdp.config import BLOCKS, Block, SnapShotConfig
from tongshi.gb28181.manscdp.control import DeviceConfig
from tongshi.gb28181.manscdp.spec import Shape
from tongshi.gb28181.manscdp.table import (
    Group,
    Slot,
    group_of,
    own_of,
    read_as,
    rest_lines,
    write_element,
)
from tongshi.gb28181.manscdp.types import ENVELOPE, Envelope, outcome
from tongshi.gb28181.version import Version

_SNAPSHOT = "SnapShot"
# The answer's name for SnapShotConfig (A.2.6.9).
_BY_NAME: dict[str, type[Block]] = {kind.WIRE.lower(): kind for kind in BLOCKS}
_BY_NAME[_SNAPSHOT.lower()] = SnapShotConfig
_FEWEST = 2
"""Fields that a block under a foreign name has to show."""


def read_config(envelope: Envelope) -> DeviceConfig:
    """Return the settings in *envelope*."""
    blocks, others = _read(envelope, ENVELOPE)
    return DeviceConfig(envelope.sn, envelope.device_id, blocks, others)


def read_download(envelope: Envelope) -> ConfigDownloadAnswer:
    """Return the answer to ConfigDownload in *envelope*."""
    blocks, others = _read(envelope, ENVELOPE | {"result"})
    result = outcome(envelope.text("result"))
    return ConfigDownloadAnswer(envelope.sn, envelope.device_id, result, blocks, others)


def config_lines(config: DeviceConfig, version: Version) -> list[str]:
    """Return the elements of *config* after its envelope."""
    lines = [write_element(block.WIRE, block, version) for block in config.blocks]
    return lines + rest_lines(config.others)


def download_lines(answer: ConfigDownloadAnswer, version: Version) -> list[str]:
    """Return the elements of *answer* after its envelope."""
    result = f"<Result>{answer.result.value}</Result>" if answer.result.value else ""
    named = [
        (_SNAPSHOT if isinstance(block, SnapShotConfig) else block.WIRE, block)
        for block in answer.blocks
    ]
    lines = [write_element(name, block, version) for name, block in named]
    return [result, *lines, *rest_lines(answer.others)]


def _read(
    envelope: Envelope, skip: frozenset[str]
) -> tuple[tuple[Block, ...], tuple[Element, ...]]:
    blocks: list[Block] = []
    others: list[Element] = []
    for child in envelope.tree:
        if child.tag.lower() in skip:
            continue
        make: Callable[..., Block] | None = _BY_NAME.get(child.tag.lower()) or _guess(child)
        if make is None:
            others.append(freeze(child))
        else:
            blocks.append(read_as(make, child))
    return tuple(blocks), (*others, *envelope.attributes(skip))


def _guess(tree: Tree) -> type[Block] | None:
    """Return the one kind that an element under a foreign name can be, or None.

    Uniview names blocks otherwise than their types; what is in them is as it should be.
    """
    if len({child.tag.lower() for element in tree for child in (element, *element)}) < _FEWEST:
        return None
    fitting = [kind for kind in BLOCKS if _fits(group_of(kind), list(tree))]
    return fitting[0] if len(fitting) == 1 else None


def _fits(group: Group, children: Sequence[Tree]) -> bool:
    """Whether all *children*, and theirs, have a place in *group*."""
    own = own_of(group)
    if own is None:
        return all(_belongs(group.places.get(child.tag.lower()), child) for child in children)
    # Of the two kinds without names inside, one is a list, the other a text.
    listed = own.spec.item.lower() if own.spec.shape is Shape.ITEMS else ""
    return all(child.tag.lower() == listed and _belongs(own, child) for child in children)


def _belongs(place: Slot | Group | None, tree: Tree) -> bool:
    if not isinstance(place, Slot):
        return False
    spec = place.spec
    if spec.of is None or not place.attribute:
        return not len(tree)  # a text has no children
    if spec.shape is Shape.ITEMS and spec.wire:
        return all(_fits(group_of(spec.of), list(child)) for child in tree)
    return _fits(group_of(spec.of), list(tree))
