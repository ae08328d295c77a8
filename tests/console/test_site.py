import httpx
import pytest


def test_pages_carry_a_strict_policy_and_are_not_kept(admin: httpx.Client) -> None:
    for path in ("/live", "/devices", "/register", "/password", "/sign-in?x"):
        answer = admin.get(path)
        headers = answer.headers
        if answer.status_code in (303, 403):
            continue
        assert answer.status_code == 200, path
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        assert " onclick=" not in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_speak_one_language(admin: httpx.Client, language: str) -> None:
    admin.cookies.set("tongshi_language", language)
    text = admin.get("/devices").text
    assert f'<html lang="{language}"' in text
    assert ("Last proof of life" in text) == (language == "en")
    assert ("最近在线证据" in text) == (language == "zh")


def test_what_is_not_there_is_said_in_words(admin: httpx.Client) -> None:
    answer = admin.get("/nonsense")
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert "missing" in answer.text
    fragment = admin.get("/devices/nobody/row", headers={"HX-Request": "true"})
    assert fragment.status_code == 404
    assert fragment.text.startswith("Not found\n")
    assert admin.delete("/devices").status_code == 405


def test_another_site_cannot_act_in_ones_name(admin: httpx.Client) -> None:
    answer = admin.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert admin.get("/devices").status_code == 200


def test_the_interface_is_under_the_pages(admin: httpx.Client) -> None:
    assert admin.get("/api/session").status_code == 200
    assert admin.get("/").headers["Location"] == "/devices"
