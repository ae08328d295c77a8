from tongshi.db.tables import metadata


def test_no_token_and_no_password_is_stored_in_clear() -> None:
    columns = {
        f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c
    }
    secrets = {name for name in columns if "token" in name or "password" in name}
    assert secrets == {"people.password", "people.password_at", "web_sessions.token_digest"}
