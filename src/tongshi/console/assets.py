"""The files that pages load: served under a path that changes with their content.

Browsers may keep them for ever; after an upgrade every page names new paths, and the modules,
which import one another by relative paths, follow.
"""

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from tongshi.errors import Missing

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Assets:
    """All files below *root*, read once into memory: they are few and small."""

    def __init__(self, root: Path = STATIC) -> None:
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        self._held = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
        digest = hashlib.sha256()
        for name, content in self._held.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self.prefix = f"/static/{digest.hexdigest()[:12]}"

    def __contains__(self, name: str) -> bool:
        return name in self._held

    async def serve(self, request: Request) -> Response:
        """Return the file that the path names; raises Missing."""
        name = str(request.path_params["name"])
        content = self._held.get(name)
        if content is None:
            raise Missing(f"no file {name}")
        current = request.url.path.startswith(f"{self.prefix}/")
        return Response(
            content,
            media_type=media_type(name),
            headers={"Cache-Control": FOREVER if current else "no-cache"},
        )


def media_type(name: str) -> str:
    """Return the type of a file by its name, whatever the machine's own table says."""
    suffix = Path(name).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
