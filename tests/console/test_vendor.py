import base64
import hashlib
import io
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from tongshi.console.vendor import STATIC, faults, main, packages, unpack
from tongshi.errors import Invalid


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the manifest and the files."""
    shutil.copytree(STATIC / "vendor", tmp_path / "vendor")
    shutil.copy(STATIC / "vendor.toml", tmp_path)
    return tmp_path


def pack(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def pin(root: Path, archive: Path) -> None:
    """Write the archive's integrity into the manifest."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    manifest = root / "vendor.toml"
    text = re.sub(r'integrity = ".*"', f'integrity = "sha512-{digest}"', manifest.read_text())
    manifest.write_text(text)


def test_what_we_ship_is_what_was_pinned() -> None:
    assert faults() == []
    [htmx] = packages()
    assert (htmx.name, htmx.licence) == ("htmx.org", "0BSD")
    assert htmx.why
    assert main([]) == 0


def test_a_changed_a_missing_and_a_stray_file_are_found(root: Path) -> None:
    (root / "vendor" / "htmx.min.js").write_text("changed")
    (root / "vendor" / "htmx.LICENSE").unlink()
    (root / "vendor" / "stray.js").write_text("x")
    assert faults(root) == [
        "vendor/stray.js is not in the manifest",
        "vendor/htmx.min.js is not the file that was pinned",
        "vendor/htmx.LICENSE is missing",
    ]


def test_files_are_taken_out_of_the_package_anew(root: Path, tmp_path: Path) -> None:
    held = {
        file.member: (STATIC / file.path).read_bytes()
        for package in packages()
        for file in package.files
    }
    archive = pack(tmp_path, held)
    pin(root, archive)
    (root / "vendor" / "htmx.min.js").write_text("changed")
    assert unpack(archive, root).name == "htmx.org"
    assert faults(root) == []


def test_a_package_that_was_not_pinned_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="integrity"):
        unpack(pack(tmp_path, {}), root)


@pytest.mark.parametrize("content", [b"other", None])
def test_a_package_with_other_files_is_refused(
    root: Path, tmp_path: Path, content: bytes | None
) -> None:
    files = {} if content is None else {"package/dist/htmx.min.js": content}
    archive = pack(tmp_path, {**files, "package/LICENSE": b"x"})
    pin(root, archive)
    with pytest.raises((Invalid, KeyError)):
        unpack(archive, root)


def test_the_command_names_what_it_unpacked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Invalid):
        main([str(pack(tmp_path, {"a": b""}))])
    assert capsys.readouterr().out == ""
