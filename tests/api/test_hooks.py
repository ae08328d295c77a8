import httpx
import pytest

from tongshi.access.identity import Person

Ask = dict[str, object]


@pytest.fixture
def ask(service: Person) -> Ask:
    return {
        "owner": service.id,
        "name": "值班",
        "url": "https://hooks.example/in",
        "topics": ["alarm", "device"],
    }


def test_a_hook_is_made_changed_and_removed(admin: httpx.Client, ask: Ask) -> None:
    made = admin.post("/api/hooks", json=ask)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whs_")
    (shown,) = admin.get("/api/hooks").json()
    assert (shown["name"], shown["owner"], shown["topics"]) == (
        "值班",
        "Bridge",
        ["alarm", "device"],
    )
    assert secret not in admin.get("/api/hooks").text
    changed = admin.put("/api/hooks/1", json={**ask, "name": "b", "paused": True}).json()
    assert (changed["name"], changed["paused"]) == ("b", True)
    assert admin.get("/api/hooks/1").json() == changed
    assert admin.post("/api/hooks/1/secret").json()["secret"] != secret
    assert admin.delete("/api/hooks/1").status_code == 204
    assert admin.get("/api/hooks/1").status_code == 404
    assert admin.get("/api/hooks").json() == []


def test_a_test_tells_how_it_went_and_stands_among_deliveries(
    admin: httpx.Client, ask: Ask
) -> None:
    admin.post("/api/hooks", json=ask)
    told = admin.post("/api/hooks/1/test").json()
    assert (told["topic"], told["state"], told["why"]) == ("test", "given-up", "unreachable")
    page = admin.get("/api/hooks/1/deliveries").json()
    assert [row["id"] for row in page["rows"]] == [told["id"]]
    waiting = admin.get("/api/hooks/1/deliveries", params={"state": "waiting"}).json()
    assert waiting["total"] == 0
    again = admin.post(f"/api/hooks/1/deliveries/{told['id']}/again")
    assert again.status_code == 202
    assert (again.json()["again_of"], again.json()["state"]) == (told["id"], "waiting")
    assert admin.post("/api/hooks/1/deliveries/99/again").status_code == 404
    assert admin.get("/api/hooks/9/deliveries").status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"])
def test_a_hook_inside_is_forbidden_when_it_is_called(
    admin: httpx.Client, ask: Ask, host: str
) -> None:
    admin.post("/api/hooks", json={**ask, "url": f"http://{host}/"})
    told = admin.post("/api/hooks/1/test").json()
    assert (told["why"], told["status"], told["answer"]) == ("forbidden", None, "")


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://hooks.example/"},
        {"url": "http://user:pass@hooks.example/"},
        {"url": "http://hooks.example/\r\nHost: x"},
        {"topics": []},
        {"topics": ["look"]},
        {"name": ""},
        {"secret": "mine"},
        {"owner": 0},
    ],
)
def test_what_no_hook_can_be_is_refused(
    admin: httpx.Client, ask: Ask, change: dict[str, object]
) -> None:
    answer = admin.post("/api/hooks", json={**ask, **change})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_hook_belongs_to_a_service(admin: httpx.Client, operator: httpx.Client, ask: Ask) -> None:
    own = admin.get("/api/session").json()["id"]
    assert admin.post("/api/hooks", json={**ask, "owner": own}).status_code == 409
    assert operator.get("/api/hooks").status_code == 403
