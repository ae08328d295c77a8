import httpx

from tongshi.api.parts import Parts


def test_what_is_not_there_is_a_problem(operator: httpx.Client) -> None:
    answer = operator.get("/api/nonsense")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "missing"


def test_a_method_that_is_not_there_names_those_that_are(operator: httpx.Client) -> None:
    answer = operator.put("/api/devices")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert answer.json()["code"] == "conflict"


def test_words_follow_the_asker(operator: httpx.Client) -> None:
    chinese = operator.get("/api/nonsense", headers={"Accept-Language": "zh-CN,zh"})
    assert chinese.json()["title"] == "对象不存在"
    operator.cookies.set("tongshi_language", "en")
    chosen = operator.get("/api/nonsense", headers={"Accept-Language": "zh-CN,zh"})
    assert chosen.json()["title"] == "Not found"


def test_broken_bodies_are_refused(operator: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'{"device": 7}', b"\xff\xfe"):
        answer = operator.post("/api/live", content=body, headers=headers)
        assert answer.status_code == 400, body
        assert answer.json()["code"] == "invalid"


def test_answers_forbid_to_be_shown_or_run(operator: httpx.Client) -> None:
    headers = operator.get("/api/session").headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_there_are_no_pages_that_load_from_elsewhere(operator: httpx.Client, parts: Parts) -> None:
    for path in ("/api/docs", "/api/redoc"):
        assert operator.get(path).status_code == 404
