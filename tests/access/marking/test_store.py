from sqlalchemy import Engine

from tongshi.access.marking import store


def test_marks_of_a_kind_are_replaced_and_others_stay(engine: Engine) -> None:
    key = ("d", "c")
    with engine.begin() as connection:
        store.write_marks(connection, key, {"class": ["I"], "tag": ["a", "b"]})
        store.write_marks(connection, ("d", "e"), {"tag": ["z"]})
        store.write_marks(connection, key, {"tag": ["c"]})
        found = store.read_marks(connection, [key, ("x", "y")])
        assert dict(found.pop(key)) == {"class": "I", "tag": "c"}
        assert found == {}
        assert store.read_values(connection) == {"class": ["I"], "tag": ["c", "z"]}
        store.write_marks(connection, key, {"class": []})
        assert store.read_marks(connection, [key]) == {key: [("tag", "c")]}
