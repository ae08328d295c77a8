"""The shapes say what the OpenAPI says."""

from typing import Any, get_type_hints

import httpx
import pytest

from tongshi.client import shapes

NAMES = {
    shapes.Myself: "Myself",
    shapes.Device: "Device",
    shapes.Channel: "Channel",
    shapes.Alarm: "AlarmRow",
    shapes.Download: "Item",
    shapes.Purpose: "Purpose",
    shapes.Amounts: "Amounts",
    shapes.UsageLine: "UsageLine",
    shapes.UsageReport: "UsageReport",
    shapes.Shown: "Shown",
}
PLAIN = {"string": str, "integer": int, "number": float, "boolean": bool}


def kinds(schema: dict[str, Any]) -> set[object]:
    """Return the plain types that a member may have."""
    if "anyOf" in schema:
        return {kind for each in schema["anyOf"] for kind in kinds(each)}
    if "$ref" in schema:
        return {"other"}
    return {PLAIN.get(schema.get("type", ""), "other")} if schema.get("type") != "null" else {None}


@pytest.fixture
def schemas(operator: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = operator.get("/api/openapi.json").json()["components"]["schemas"]
    return found


def test_each_member_is_one_of_the_interface(schemas: dict[str, Any]) -> None:
    for shape, name in NAMES.items():
        found = [each for each in schemas if each.rsplit("__", 1)[-1] == name]
        assert found, f"no schema {name}"
        hints = get_type_hints(shape)
        best = max(found, key=lambda each: len(members(schemas, each) & set(hints)))
        assert set(hints) <= members(schemas, best), name
        for member, hint in hints.items():
            told = kinds(schemas[best]["properties"][member])
            if told <= {str, int, float, bool}:
                assert hint in told or hint.__name__ == "Literal", f"{member}: {hint} is {told}"


def members(schemas: dict[str, Any], name: str) -> set[str]:
    return set(schemas[name].get("properties", {}))


def test_every_shape_is_looked_at() -> None:
    shaped = {each for each in vars(shapes).values() if isinstance(each, type)}
    assert {each for each in shaped if each.__module__ == shapes.__name__} == set(NAMES)
