"""The list of purposes over the interface."""

from collections.abc import Callable

import httpx

from tongshi.access.permission import Role
from tongshi.api.parts import Parts

RAID = {"code": "raid", "zh": "搜查", "en": "Raid", "case": True, "order": 5}


def test_everybody_reads_and_security_writes(
    parts: Parts, enter: Callable[..., httpx.Client], operator: httpx.Client
) -> None:
    security = enter(Role.SECURITY, "keeper")
    assert operator.post("/api/purposes", json=RAID).status_code == 403
    assert security.post("/api/purposes", json=RAID).status_code == 201
    assert security.post("/api/purposes", json=RAID).status_code == 409
    first = operator.get("/api/purposes").json()[0]
    assert (first["code"], first["title"], first["case"]) == ("raid", "Raid", True)
    body = {"zh": "搜查", "en": "Search", "retired": True}
    assert security.put("/api/purposes/raid", json=body).json()["title"] == "Search"
    assert security.put("/api/purposes/none", json=body).status_code == 404
    assert security.put("/api/purposes/raid", json={**body, "code": "x"}).status_code == 400
    assert security.post("/api/purposes", json={**RAID, "code": "A b"}).status_code == 400
    offered = {each["code"] for each in operator.get("/api/live/purposes").json()}
    assert "raid" not in offered
