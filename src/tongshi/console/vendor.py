"""What others wrote and the console ships: pinned in one manifest, checked, taken out anew.

``static/vendor.toml`` names each package with version, licence, the registry's integrity value
and the digest of each file.
"""

import base64
import hashlib
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tongshi.errors import Invalid

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One file that we ship.  member: its path inside the package."""

    path: str
    member: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """One package of others.  integrity: of the whole package, as its registry states it."""

    name: str
    version: str
    licence: str
    integrity: str
    why: str
    files: tuple[Shipped, ...]


def packages(root: Path = STATIC) -> tuple[Package, ...]:
    """Return what the manifest below *root* names."""
    found = tomllib.loads((root / "vendor.toml").read_text("utf-8"))
    return tuple(
        Package(
            entry["package"],
            entry["version"],
            entry["licence"],
            entry["integrity"],
            entry["why"],
            tuple(
                Shipped(path, file["from"], file["sha256"]) for path, file in entry["files"].items()
            ),
        )
        for entry in found.values()
    )


def faults(root: Path = STATIC) -> list[str]:
    """Return every difference between the manifest and the files, one sentence each."""
    found = []
    named = {file.path: file for package in packages(root) for file in package.files}
    there = {path.relative_to(root).as_posix() for path in (root / "vendor").iterdir()}
    found += [f"{path} is not in the manifest" for path in sorted(there - set(named))]
    for path, file in named.items():
        if path not in there:
            found.append(f"{path} is missing")
        elif hashlib.sha256((root / path).read_bytes()).hexdigest() != file.sha256:
            found.append(f"{path} is not the file that was pinned")
    return found


def unpack(archive: Path, root: Path = STATIC) -> Package:
    """Write the files of the package in *archive*; returns the package.

    Raises Invalid when the manifest names no such package, or a digest differs.
    """
    data = archive.read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    package = next((each for each in packages(root) if each.integrity == integrity), None)
    if package is None:
        raise Invalid(f"no package of the manifest has the integrity {integrity}")
    with tarfile.open(archive) as opened:
        for file in package.files:
            member = opened.extractfile(file.member)
            content = b"" if member is None else member.read()
            digest = hashlib.sha256(content).hexdigest()
            if digest != file.sha256:
                raise Invalid(f"{file.member} has the digest {digest}")
            (root / file.path).write_bytes(content)
    return package


def main(arguments: Sequence[str]) -> int:
    """Unpack the archives named by *arguments*, then check; returns an exit status."""
    for name in arguments:
        package = unpack(Path(name))
        sys.stdout.write(f"{package.name} {package.version} ({package.licence}) unpacked\n")
    found = faults()
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
