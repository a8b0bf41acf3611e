import ssl

import pytest

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.settings import SettingsRefused


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgres://localhost", DatabaseUrl()),
        (
            "postgresql://me:p%40ss%2Fword@db.example:6432/box%20office",
            DatabaseUrl("db.example", 6432, "me", "p@ss/word", "box office"),
        ),
        ("postgresql://[::1]:5433/b", DatabaseUrl("::1", 5433, database="b")),
        (
            "postgresql://me@/b?host=/run/postgresql&port=5433",
            DatabaseUrl("/run/postgresql", 5433, "me", database="b"),
        ),
        ("postgresql://me@%2FRun%2FPg:5433/b", DatabaseUrl("/Run/Pg", 5433, "me", database="b")),
        ("postgresql://h/b?sslmode=require", DatabaseUrl("h", database="b", sslmode="require")),
        (
            "postgresql://h/b?statement_cache_size=0&connect_timeout=2.5&application_name=x",
            DatabaseUrl(
                "h", database="b", statement_cache_size=0, connect_timeout=2.5, application_name="x"
            ),
        ),
    ],
)
def test_a_url_is_read_and_written_back(text: str, url: DatabaseUrl) -> None:
    assert DatabaseUrl.parse(text) == url
    assert DatabaseUrl.parse(str(url)) == url


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mysql://me:hunter2@h/b", "must begin with postgresql://"),
        ("postgresql://me:hunter2@h:65536000/b", "[Pp]ort"),
        ("postgresql://me:hunter2@h1,h2/b", "several hosts"),
        ("postgresql://me:hunter2@h/b?sslmode=maybe", "sslmode must be one of"),
        ("postgresql://me:hunter2@h/b?channel_binding=require", "'channel_binding' is not known"),
        ("postgresql://me:hunter2@h/b?statement_cache_size=many", "invalid literal"),
        ("postgresql://me:hunter2@h/b?sslmode", "bad query field"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_its_password(text: str, says: str) -> None:
    with pytest.raises(SettingsRefused, match=f"DATABASE_URL: .*{says}") as refused:
        DatabaseUrl.parse(text)
    assert "hunter2" not in str(refused.value)


def test_a_place_names_no_password() -> None:
    url = DatabaseUrl.parse("postgresql://me:hunter2@h/b")
    assert url.place == "b at h:5432"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_encryption_alone_is_left_to_the_driver(mode: str) -> None:
    assert DatabaseUrl("h", sslmode=mode).connect_arguments()["ssl"] == mode


@pytest.mark.parametrize(("mode", "checks_name"), [("verify-full", True), ("verify-ca", False)])
def test_verification_checks_the_chain_and_when_asked_the_name(
    mode: str, *, checks_name: bool
) -> None:
    context = DatabaseUrl("h", sslmode=mode).connect_arguments()["ssl"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is checks_name


def test_a_socket_needs_no_encryption() -> None:
    assert "ssl" not in DatabaseUrl("/run/postgresql").connect_arguments()
