from tongshi.db.tables import metadata


def test_no_token_and_no_password_is_stored_in_clear() -> None:
    secrets = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.c
        if "token" in column.name or "password" in column.name
    }
    kept = {
        "people.password",
        "people.password_at",
        "people.password_until",
        "sign_in_steps.token_digest",
        "web_sessions.token_digest",
    }
    assert secrets == {*kept, "token_usage.token_id"}
