"""An XML element as a value: what messages keep of elements they have no name for."""

import re
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element as Tree

_SPECIAL = re.compile(r"[&<>]|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True, slots=True)
class Element:
    """A name, its text without surrounding space, its attributes, its children in order."""

    tag: str
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple["Element", ...] = ()

    def child(self, tag: str) -> "Element | None":
        """Return the first child named *tag* in any case."""
        wanted = tag.lower()
        return next((child for child in self.children if child.tag.lower() == wanted), None)

    def value(self, tag: str) -> str:
        """Return the text of the child *tag*; empty when there is none."""
        child = self.child(tag)
        return child.text if child is not None else ""


def freeze(tree: Tree) -> Element:
    """Return what a parser's *tree* holds; text beside children is dropped."""
    return Element(
        tree.tag,
        (tree.text or "").strip(),
        tuple(tree.attrib.items()),
        tuple(freeze(child) for child in tree),
    )


def escape(text: str) -> str:
    """Return *text* as character data; what XML 1.0 cannot carry is left out."""
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], ""), text)


def tag(name: str, value: str | int | float | None) -> str:
    """Return ``<name>value</name>``; nothing at all for an empty value."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return f"<{name}>{escape(value)}</{name}>"
    return f"<{name}>{plain(value)}</{name}>"


def plain(number: int | float) -> str:
    """Return *number* in plain decimal, as the schema's doubles are, so that reading it back
    gives the same number.
    """
    text = str(number)
    return format(Decimal(text), "f") if "e" in text else text


def render(element: Element) -> str:
    """Return *element* as XML on one line."""
    attributes = "".join(
        f' {name}="{escape(value).replace(chr(34), "&quot;")}"'
        for name, value in element.attributes
    )
    inside = escape(element.text) + "".join(render(child) for child in element.children)
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"
