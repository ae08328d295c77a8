"""Requests made from the interface's own description, right and wrong ones, by people of each role.

None may be answered by a defect.  Answers of 502, 503 and 504 are told of devices and of what is
used up; they say so by their code.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable  # where nothing can be wrong
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tongshi.access.permission import GRANTED, Role
from tongshi.api.application import application
from tongshi.api.parts import Parts
from tongshi.api.routes import ROUTES, Route
from tongshi.testing.grounds import ALL, ROLES, World

Made = Case[Any]
HONEST = ("peer.", "exhausted", "engine.", "protocol.remote")
"""Beginnings of the codes with which an answer of 502, 503 or 504 is no defect."""
LEFT_OUT = {("DELETE", "/session"), ("GET", "/events")}
"""It would end the sign-in of who asks; it never ends."""
SHORT, LONG = 1, 40
"""Examples of each kind for each route."""


def gather(strategy: SearchStrategy[Made], examples: int, cases: list[Made]) -> None:
    """Add so many examples of *strategy* to *cases*."""

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(case: Made) -> None:
        cases.append(case)

    keep()


def draw(app: FastAPI, examples: int) -> Iterator[tuple[Route, list[Made]]]:
    """Yield each route with requests that keep to its description and requests that do not."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    routes = {(row.method, row.path.replace(":path", "")): row for row in ROUTES}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        route = routes[operation.method.upper(), operation.path]
        if (route.method, route.path) in LEFT_OUT:
            continue
        cases: list[Made] = []
        for mode in GenerationMode:
            with contextlib.suppress(schemathesis.errors.InvalidSchema, Unsatisfiable):
                gather(operation.as_strategy(generation_mode=mode), examples, cases)
        yield route, cases


def send(client: httpx.Client, case: Made, world: World, *, real: bool) -> httpx.Response:
    """Send *case*; with *real*, about things that are there."""
    path = case.formatted_path
    if real:
        path = case.path.format_map({**case.path_parameters, **world.real})
    query = {name: str(value) for name, value in case.query.items() if name != "wait"}
    query |= {"wait": "0"} if "wait" in case.query else {}
    content = None
    if isinstance(case.body, bytes):
        content = case.body
    elif case.body.__class__.__name__ != "NotSet":
        content = json.dumps(case.body).encode()
    headers = {"Content-Type": case.media_type} if case.media_type else {}
    url = httpx.URL("http://console:8080/api" + path.replace("?", "%3F").replace("#", "%23"))
    return client.request(case.method, url, params=query, content=content, headers=headers)


def walk(world: World, parts: Parts, examples: int) -> int:
    people = {role: world.person(role, f"a {role.value}", ALL) for role in ROLES}
    asked = 0
    for route, cases in draw(application(parts), examples):
        allowed = [role for role in ROLES if route.permission in GRANTED[role]]
        for number, case in enumerate(cases):
            for role in allowed or [Role.OPERATOR]:
                answer = send(people[role], case, world, real=number % 2 == 0)
                asked += 1
                told = (role, route.method, route.path, case.query, case.body, answer.text)
                if answer.status_code < 500:
                    continue
                assert answer.status_code in (502, 503, 504), told
                assert answer.json()["code"].startswith(HONEST), told
    return asked


def test_no_request_is_answered_by_a_defect(world: World, parts: Parts) -> None:
    assert walk(world, parts, SHORT) > 250


@pytest.mark.long
def test_no_request_is_answered_by_a_defect_however_many(world: World, parts: Parts) -> None:
    assert walk(world, parts, LONG) > 5000
