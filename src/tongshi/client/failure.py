"""What can go wrong between a program and a node."""

from collections.abc import Mapping


class Failure(Exception):
    """Something did not work.

    code: stable, of the node's table of errors, or one of this client: ``unreachable`` (no answer),
    ``broken`` (an answer that is none of ours), ``damaged`` (a file that is not what the node
    said).  title, advice: for people, in the language that was asked for.  detail: for engineers.
    status: of HTTP; 0 where there was no answer.
    """

    def __init__(
        self, code: str, title: str, *, advice: str = "", detail: str = "", status: int = 0
    ) -> None:
        super().__init__(f"{code}: {title}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.title = title
        self.advice = advice
        self.detail = detail
        self.status = status


class Refused(Failure):
    """The node said no.

    helps: the grant or right that would have allowed it.  resource: what is used up, as the name
    of a token's quota.  retry_after: s until there is more, None where nobody knows.
    problem: the whole answer.
    """

    def __init__(self, status: int, problem: Mapping[str, object]) -> None:
        super().__init__(
            _text(problem, "code") or "error",
            _text(problem, "title") or f"HTTP status {status}",
            advice=_text(problem, "advice"),
            detail=_text(problem, "detail"),
            status=status,
        )
        self.problem = problem
        self.helps = _text(problem, "helps")
        self.resource = _text(problem, "resource")
        again = problem.get("retry_after")
        self.retry_after = float(again) if isinstance(again, int | float) else None


def _text(problem: Mapping[str, object], name: str) -> str:
    found = problem.get(name)
    return found if isinstance(found, str) else ""
