"""`bigcat migrate`, `bigcat doctor` and `bigcat schema`."""

import json
from pathlib import Path

from bigcat_graphql.database import Connection, DatabaseUrl
from tests.cli.running import Call, answer_of, assert_refused, bigcat

SECRET = "a secret of this test, long enough to be one"
PRODUCTION = {
    "BIGCAT_SECRET_KEY": SECRET,
    "BIGCAT_PAYMENT_PROVIDERS": "stripe",
    "BIGCAT_STRIPE_SECRET_KEY": "sk_live_1",
    "BIGCAT_STRIPE_WEBHOOK_SECRETS": "whsec_1",
}


async def test_migrating_twice_does_nothing_the_second_time(
    database: DatabaseUrl, rival: Connection
) -> None:
    await rival.execute("DROP DATABASE IF EXISTS bigcat_cli_test WITH (FORCE)")
    await rival.execute("CREATE DATABASE bigcat_cli_test")
    fresh = database.with_database("bigcat_cli_test")
    try:
        pending = await bigcat("migrate", "--check", "--json", database=fresh)
        refused = await bigcat("serve", "--port", "0", database=fresh)
        first = await bigcat("migrate", "--json", database=fresh)
        second = await bigcat("migrate", "--json", database=fresh)
        current = await bigcat("migrate", "--check", database=fresh)
    finally:
        await rival.execute("DROP DATABASE bigcat_cli_test WITH (FORCE)")
    assert pending.returncode == 1
    assert "0001_initial" in json.loads(pending.stdout)["pending"]
    assert_refused(refused, 1, "bigcat migrate", "0001_initial")
    assert "0001_initial" in answer_of(first)["applied"]
    assert answer_of(second) == {"applied": []}
    assert current.returncode == 0


async def test_a_sound_database_passes_the_doctor(database: DatabaseUrl) -> None:
    done = await bigcat("doctor", "--json", database=database, **PRODUCTION)
    checks = {finding["check"]: finding["ok"] for finding in answer_of(done)["findings"]}
    assert answer_of(done)["ok"] is True
    assert checks == dict.fromkeys(checks, True)
    assert {"database", "version", "encoding", "locale", "pg_trgm", "tables"} <= set(checks)


async def test_a_database_that_is_not_there_fails_the_doctor() -> None:
    done = await bigcat("doctor", "--json", database="postgresql://127.0.0.1:1/nowhere")
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert findings["database"]["ok"] is False
    assert findings["secret"] == {**findings["secret"], "ok": False, "needed": False}


def test_the_schema_is_written_printed_and_compared(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    missing = call("schema", "--check", "--file", str(file))
    written = call("schema", "--write", "--file", str(file))
    printed = call("schema")
    same = call("schema", "--check", "--file", str(file))
    file.write_text(file.read_text().replace("type Query", "type Quarry", 1))
    differing = call("schema", "--check", "--file", str(file))
    assert_refused(missing, 1, "--write")
    assert written.returncode == same.returncode == 0
    assert printed.stdout.count("type Query") == 1
    assert_refused(differing, 1, "-type Quarry", "+type Query")


def test_a_schema_that_cannot_be_written_is_told(call: Call, tmp_path: Path) -> None:
    done = call("schema", "--write", "--file", str(tmp_path / "nowhere" / "schema.graphql"))
    assert_refused(done, 1, "cannot be written: No such file")


def test_the_schema_is_not_compared_and_written_at_once(call: Call) -> None:
    assert call("schema", "--check", "--write").returncode == 2
