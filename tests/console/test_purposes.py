"""The page of purposes."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts

HX = {"HX-Request": "true"}
RAID = {"code": "raid", "zh": "搜查", "en": "Raid <now>", "case": "1", "order": "5"}


@pytest.fixture
def security(enter: Callable[..., httpx.Client]) -> httpx.Client:
    return enter(Role.SECURITY, "keeper")


def post(client: httpx.Client, path: str, **fields: str) -> str:
    answer = client.post(path, data=fields, headers=HX)
    assert answer.status_code == 200
    return answer.text


def test_a_purpose_is_added_changed_retired_and_restored(
    security: httpx.Client, parts: Parts
) -> None:
    assert 'id="purpose-patrol"' in security.get("/purposes").text
    assert "Raid &lt;now&gt;" in post(security, "/purposes", **RAID)
    made = parts.purposes.known["raid"]
    assert (made.case, made.approval, made.order, made.retired) == (True, False, 5, False)
    assert "conflict" in post(security, "/purposes", **RAID)
    post(security, "/purposes/raid", zh="搜", en="Search", act="retire")
    changed = parts.purposes.known["raid"]
    assert (changed.en, changed.case, changed.retired) == ("Search", False, True)
    post(security, "/purposes/raid", zh="搜", en="Search", act="save")
    assert not parts.purposes.known["raid"].retired


def test_what_is_wrong_is_told(security: httpx.Client, parts: Parts) -> None:
    before = dict(parts.purposes.known)
    assert "invalid" in post(security, "/purposes", **{**RAID, "code": "A B"})
    assert "invalid" in post(security, "/purposes", **{**RAID, "zh": ""})
    assert "invalid" in post(security, "/purposes/other", zh="其他", en="Other")
    assert "missing" in post(security, "/purposes/none", zh="无", en="None")
    assert parts.purposes.known == before
