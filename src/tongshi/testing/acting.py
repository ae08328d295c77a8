"""Texts that are scripts, and whether a page that shows them would act by them."""

from html.parser import HTMLParser

MARK = "pwned"
"""What a script would call that somebody wrote into a text."""
SCRIPT = (
    f"</script><script>{MARK}()</script>\"'><img src=x onerror={MARK}()>"
    f"' onmouseover='{MARK}()' hx-get='/{MARK}' {{{{7*7}}}} ${{{MARK}}} javascript:{MARK}()"
)


class Reading(HTMLParser):
    """Finds what of a page would act, and was written by somebody.

    acts: what would.  shown: how often the text stands there as the text that it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[str] = []
        self.shown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag and its attributes."""
        for name, value in attrs:
            told = MARK in (value or "")
            self.shown += told
            acting = name.startswith(("on", "hx-on")) or name == MARK
            leads = name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
            astray = leads and told and not (value or "").startswith("/")
            if (told and acting) or astray or (tag == "img" and value == "x"):
                self.acts.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        """Look at a text, and at what a script says."""
        self.shown += MARK in data
        if self.lasttag == "script" and MARK in data:
            self.acts.append(data)
