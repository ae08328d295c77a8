"""The layering of docs/architecture.md, executed; each rule with a planted breach it must find."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
ROOT = TOP / "src" / "tongshi"

# A package imports only itself and those before it.
ORDER = [
    "client",
    "errors",
    "clock",
    "settings",
    "digest",
    "sdp",
    "sip",
    "gb28181",
    "media",
    "net",
    "sim",
    "db",
    "audit",
    "access",
    "tokens",
    "approvals",
    "registry",
    "alarms",
    "shelf",
    "gateway",
    "signalling",
    "health",
    "recording",
    "hooks",
    "watch",
    "api",
    "console",
    "app",
    "testing",
    "cli",
]
# These touch neither sockets, nor loops, nor files, nor clocks, nor chance.
PURE = {"errors", "digest", "sdp", "sip", "gb28181", "media"}
# Domain packages: pure as well, but for their two doors to the store and the world.
DOMAIN = {
    "audit",
    "access",
    "tokens",
    "approvals",
    "registry",
    "alarms",
    "shelf",
    "health",
    "recording",
    "hooks",
    "watch",
}
DOORS = {"store", "service"}
OUTSIDE = {
    "asyncio",
    "socket",
    "ssl",
    "select",
    "selectors",
    "threading",
    "multiprocessing",
    "subprocess",
    "concurrent",
    "signal",
    "time",
    "random",
    "secrets",
    "os",
    "pathlib",
    "io",
    "tempfile",
    "logging",
    "urllib",
    "http",
    "sqlite3",
    "ctypes",
}
# Peers for tests and demonstrations: the product itself never needs them.
LEAVES = {"sim": {"sim", "testing", "cli"}, "testing": {"testing", "cli"}}
# Pure packages stand on the standard library alone.
THIRD_PARTY = {
    "alembic",
    "argon2",
    "av",
    "fastapi",
    "httpx",
    "jinja2",
    "numpy",
    "picows",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
    "websockets",
}
# The three places that may catch everything, and the one loop of each.
CATCH_ALL = {"net/task.py", "api/boundary.py", "cli/main.py"}
# Libraries that identify people, or are mostly used to; none may become a dependency.
IDENTIFICATION = {
    "face-recognition",
    "dlib",
    "insightface",
    "deepface",
    "facenet-pytorch",
    "mtcnn",
    "retina-face",
    "openalpr",
    "easyocr",
    "hyperlpr",
    "hyperlpr3",
    "fast-alpr",
    "paddleocr",
    "torchreid",
    "mediapipe",
    "opengait",
    "arcface",
    "compreface-sdk",
    "face-alignment",
    "ultralytics",
}
MAX_LINES = 600
MAX_METHODS = 25


class Module:
    """One source file: its package, its path below src/tongshi, its tree, what it imports."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.package = path.split("/", 1)[0].removesuffix(".py")
        self.lines = len(text.splitlines())
        self.tree = ast.parse(text)
        self.name = path.rsplit("/", 1)[-1].removesuffix(".py")

    def imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)

    def roots(self) -> set[str]:
        return {name.split(".")[0] for name in self.imports()}


def modules() -> list[Module]:
    return [
        Module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for path in sorted(ROOT.rglob("*.py"))
        if path.parent != ROOT or path.name != "__init__.py"
    ]


def order_breaches(module: Module) -> list[str]:
    found = [f"relative import {name}" for name in module.imports() if name.startswith(".")]
    own = [name.split(".") for name in module.imports() if name.startswith("tongshi.")]
    for other in sorted({parts[1] for parts in own}):
        if other not in ORDER:
            continue  # a name of the package itself, such as its version
        if ORDER.index(other) > ORDER.index(module.package):
            found.append(f"{module.package} imports {other}, which comes later")
        if module.package not in LEAVES.get(other, {module.package}):
            found.append(f"{module.package} imports the leaf {other}")
    return found


def purity_breaches(module: Module) -> list[str]:
    pure = module.package in PURE
    if not pure and not (module.package in DOMAIN and module.name not in DOORS):
        return []
    outside = module.roots() & (OUTSIDE | (THIRD_PARTY if pure else {"sqlalchemy", "fastapi"}))
    opened = [
        node.func.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    return [f"a pure module uses {name}" for name in sorted(outside) + opened]


def shape_breaches(module: Module) -> list[str]:
    found = []
    if module.lines > MAX_LINES:
        found.append(f"{module.lines} lines: find its seam")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            if len(methods) > MAX_METHODS:
                found.append(f"class {node.name} has {len(methods)} methods")
    if module.name == "__init__" and not ast.get_docstring(module.tree):
        found.append("a package without its docstring")
    return found


def catch_breaches(module: Module) -> list[str]:
    if module.path in CATCH_ALL:
        return []
    caught = [
        handler
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Try)
        for handler in node.handlers
    ]
    return [
        f"line {handler.lineno} catches everything"
        for handler in caught
        if is_wide(handler) and not passes_on(handler)
    ]


def is_wide(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (
        isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}
    )


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and raising again swallows nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def state_breaches(module: Module) -> list[str]:
    """Module-level names bound to an empty container are there to be filled: state."""
    found = []
    for node in module.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        empty = (isinstance(value, ast.List | ast.Set) and not value.elts) or (
            isinstance(value, ast.Dict) and not value.keys
        )
        if empty or any(isinstance(part, ast.Global) for part in ast.walk(node)):
            found.append(f"line {node.lineno} keeps state in the module")
    return found


RULES = [order_breaches, purity_breaches, shape_breaches, catch_breaches, state_breaches]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: object) -> None:
    assert callable(rule)
    found = [f"{module.path}: {breach}" for module in modules() for breach in rule(module)]
    assert not found, "\n".join(found)


PLANTED = [
    (order_breaches, "sip/message.py", "from tongshi.gb28181 import catalog"),
    (order_breaches, "gateway/receive.py", "import tongshi.signalling.sessions"),
    (order_breaches, "app.py", "from tongshi.sim.camera import Camera"),
    (order_breaches, "api/live.py", "import tongshi.testing.fuzz"),
    (order_breaches, "sip/message.py", "from . import uri"),
    (purity_breaches, "media/ps.py", "import time"),
    (purity_breaches, "media/ps.py", "from numpy import array"),
    (purity_breaches, "gb28181/catalog.py", "def f() -> None:\n    import asyncio.streams"),
    (purity_breaches, "sip/uri.py", "x = open('/etc/hosts')"),
    (purity_breaches, "health/status.py", "from sqlalchemy import select"),
    (purity_breaches, "registry/merge.py", "import random"),
    (shape_breaches, "sip/uri.py", "x = 1\n" * 601),
    (shape_breaches, "sip/uri.py", "class A:\n" + "    def m(self): ...\n" * 26),
    (shape_breaches, "sip/__init__.py", "x = 1"),
    (catch_breaches, "net/udp.py", "try:\n    pass\nexcept Exception:\n    pass"),
    (catch_breaches, "net/udp.py", "try:\n    pass\nexcept:\n    pass"),
    (catch_breaches, "net/udp.py", "try:\n    pass\nexcept BaseException:\n    x = 1"),
    (state_breaches, "api/live.py", "SESSIONS: dict[str, int] = {}"),
    (state_breaches, "api/live.py", "seen = set()\ndef f() -> None:\n    global seen"),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_breach_is_found(rule: object, path: str, text: str) -> None:
    assert callable(rule)
    assert rule(Module(path, text))


def test_the_doors_of_a_domain_may_touch_the_store() -> None:
    assert not purity_breaches(Module("health/store.py", "from sqlalchemy import select"))
    assert not catch_breaches(Module("net/task.py", "try:\n    pass\nexcept Exception:\n    pass"))


def test_cleaning_up_and_raising_again_is_no_catch() -> None:
    text = "try:\n    pass\nexcept BaseException:\n    x = 1\n    raise"
    assert not catch_breaches(Module("net/udp.py", text))


def test_every_package_has_its_place() -> None:
    assert {module.package for module in modules()} <= set(ORDER)


def test_every_module_has_its_test() -> None:
    """House style: tests mirror the source file by file; package docstrings need none."""
    missing = [
        module.path
        for module in modules()
        if module.name not in {"__init__", "__main__", "env"}
        and "/migrations/" not in module.path
        and not mirror(module.path).exists()
    ]
    assert not missing, "\n".join(missing)


def mirror(path: str) -> Path:
    folder, _, name = path.rpartition("/")
    return TOP / "tests" / folder / f"test_{name}"


def test_no_library_that_identifies_people() -> None:
    lock = (TOP / "requirements.lock").read_text("utf-8")
    locked = {line.split("==")[0].lower() for line in lock.splitlines() if "==" in line}
    assert "sqlalchemy" in locked
    assert not locked & IDENTIFICATION


def test_each_dependency_has_its_line_of_why() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    named = project["dependencies"] + project["optional-dependencies"]["dev"]
    page = (TOP / "docs" / "dependencies.md").read_text("utf-8")
    for requirement in named:
        name = requirement.split(">")[0]
        assert f"| `{name}` |" in page, name
