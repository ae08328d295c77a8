import httpx

from tongshi.access.permission import Permission
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES


def test_anybody_may_ask_whether_the_node_is_well(stranger: httpx.Client) -> None:
    assert stranger.get("/api/health").json() == {"ok": True}


def test_the_node_tells_administrators_of_itself(admin: httpx.Client, parts: Parts) -> None:
    told = admin.get("/api/system").json()
    assert told["name"] == parts.settings.node.name
    assert told["version"] == "1.2.3"
    assert told["platform"]["id"] == "34020000002000000001"
    assert told["figures"] == {"node": {"faults": 0}}
    assert (told["views"], told["listeners"], told["leased_ports"]) == (0, 0, 0)


def test_the_description_is_complete(operator: httpx.Client) -> None:
    told = operator.get("/api/openapi.json").json()
    assert told["servers"] == [{"url": "/api"}]
    count = 0
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            count += 1
            words = f"{method} {path}"
            assert operation["description"], words
            assert "default" in operation["responses"], words
            assert operation["x-permission"] in {"none", *(p.value for p in Permission)}, words
    assert count == len(ROUTES)
    assert {"Device", "Channel", "Shown", "Problem", "Node", "Entry"} <= {
        name.removesuffix("_") for name in told["components"]["schemas"]
    }


def test_the_description_names_the_media_types(operator: httpx.Client) -> None:
    paths = operator.get("/api/openapi.json").json()["paths"]
    assert "image/jpeg" in paths["/snapshots"]["post"]["responses"]["200"]["content"]
    assert "text/event-stream" in paths["/events"]["get"]["responses"]["200"]["content"]
    assert "content" not in paths["/live/{view_id}"]["delete"]["responses"]["204"]
