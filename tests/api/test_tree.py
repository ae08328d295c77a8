import httpx

RECORDER = "34020000001180000001"


def test_the_tree_comes_level_by_level(operator: httpx.Client) -> None:
    top = operator.get("/api/tree").json()
    recorder = next(row for row in top["rows"] if row["device_id"] == RECORDER)
    assert recorder["kind"] == "device"
    assert recorder["counts"]["online"] == 4
    below = operator.get("/api/tree", params={"under": recorder["key"], "size": 3}).json()
    assert [row["title"] for row in below["rows"]] == ["通道 1", "通道 2", "通道 3"]
    assert below["total"] == 4
    assert all(row["leaf"] for row in below["rows"])


def test_the_view_by_divisions_speaks_the_askers_language(operator: httpx.Client) -> None:
    titles = [row["title"] for row in operator.get("/api/tree?view=regions").json()["rows"]]
    assert titles
    chinese = operator.get("/api/tree?view=regions", headers={"Accept-Language": "zh"}).json()
    assert [row["title"] for row in chinese["rows"]] != titles


def test_a_node_that_is_not_there(operator: httpx.Client) -> None:
    assert operator.get("/api/tree", params={"under": "nonsense"}).status_code == 404
    assert operator.get("/api/tree", params={"view": "nonsense"}).status_code == 400


def test_counts(operator: httpx.Client) -> None:
    told = operator.get("/api/counts").json()
    assert told["devices"] == {"online": 2, "offline": 1, "unknown": 0}
    assert sum(told["cameras"].values()) == 5
