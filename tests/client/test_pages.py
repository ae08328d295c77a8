import pytest

from tongshi.client.failure import Failure
from tongshi.client.pages import walk
from tongshi.client.wire import Json, Query


def test_pages_are_fetched_as_they_are_walked() -> None:
    asked: list[Query] = []

    def call(query: Query) -> Json:
        asked.append(query)
        first = (int(str(query["number"])) - 1) * 2
        return {"rows": list(range(5))[first : first + 2], "total": 5}

    walked = walk(call, {"text": "x"}, 2)
    assert next(walked) == 0
    assert len(asked) == 1
    assert list(walked) == [1, 2, 3, 4]
    assert asked[-1] == {"text": "x", "number": 3, "size": 2}


def test_a_full_last_page_asks_for_no_other() -> None:
    assert list(walk(lambda query: {"rows": [1, 2], "total": 2}, {}, 2)) == [1, 2]
    assert list(walk(lambda query: {"rows": [], "total": 0}, {}, 2)) == []


@pytest.mark.parametrize("page", [None, [], {}, {"rows": 5}])
def test_what_is_no_page_is_told(page: Json) -> None:
    with pytest.raises(Failure):
        list(walk(lambda query: page, {}, 2))
