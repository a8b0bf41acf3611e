"""Fetching GraphiQL: every file is checked, and no failure is worse than none."""

import base64
import hashlib
import stat
import tarfile
from pathlib import Path

import pytest

from bigcat_graphql.server import explorer_assets
from bigcat_graphql.server.explorer_assets import FILES, Member, Package, fetch_assets

NPM = """#!/usr/bin/env python3
import io, pathlib, sys, tarfile
for requirement in sys.argv[3:]:
    with tarfile.open(requirement.replace("@", "-") + ".tgz", "w:gz") as packed:
        for name in {files!r}:
            member = tarfile.TarInfo("package/" + name)
            content = b"{content}\\n//# sourceMappingURL=x.map"
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
"""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty place for the files, and a PATH with an npm of ours that packs them."""
    monkeypatch.setattr(explorer_assets, "ASSETS", tmp_path / "graphiql")
    content = b"it\n//# sourceMappingURL=x.map"
    known = base64.b64encode(hashlib.sha512(content).digest()).decode()
    members = tuple(Member(f"package/{name}", name, known) for name in FILES)
    monkeypatch.setattr(explorer_assets, "NPM_PACKAGES", (Package("box@1", members),))
    monkeypatch.setattr(explorer_assets, "_fetch_by_python", _fail)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def _fail(_: Path) -> dict[str, bytes]:
    raise explorer_assets.AssetsUnavailable("no way")


def stock(shop: Path, content: str) -> None:
    npm = shop / "npm"
    npm.write_text(NPM.format(files=FILES, content=content))
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)


def test_files_that_are_what_we_know_are_put_in_place_without_source_maps(shop: Path) -> None:
    stock(shop, "it")
    assert fetch_assets().startswith("GraphiQL is ready")
    assert sorted(path.name for path in (shop / "graphiql").iterdir()) == sorted(
        [*FILES, *(f"{name}.gz" for name in FILES)]
    )
    assert (shop / "graphiql" / "react.js").read_bytes() == b"it"
    assert fetch_assets() == "GraphiQL is here already."


def test_a_file_that_is_not_what_we_know_is_refused(shop: Path) -> None:
    stock(shop, "evil")
    assert "is not the file that we know" in fetch_assets()
    assert not (shop / "graphiql").exists()


def test_an_npm_that_fails_is_said_and_not_fatal(shop: Path) -> None:
    (shop / "npm").write_text("#!/bin/sh\nexit 1\n")
    (shop / "npm").chmod(0o755)
    assert "npm failed" in fetch_assets()
    assert tarfile.is_tarfile(shop / "npm") is False
