import pytest

from tongshi.testing.acting import MARK, SCRIPT, Reading


@pytest.mark.parametrize(
    ("page", "acts"),
    [
        (f"<p>{MARK}()</p>", 0),
        (f"<script>{MARK}()</script>", 1),
        (f"<a href='javascript:{MARK}()'>x</a>", 1),
        (f"<a href='/x?{MARK}'>x</a>", 0),
        (f"<b onclick='{MARK}()'>x</b>", 1),
        (f"<b title='{MARK}'>x</b>", 0),
        ("<img src=x>", 1),
        (SCRIPT, 1),
    ],
)
def test_what_would_act_is_found(page: str, acts: int) -> None:
    reading = Reading()
    reading.feed(page)
    assert bool(reading.acts) is bool(acts), reading.acts
