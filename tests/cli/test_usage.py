"""What is said to whoever gets it wrong, and what the settings are."""

import subprocess
import sys

import pytest

from tests.cli.running import Call, answer_of, assert_refused, bigcat

SECRET = "a secret of this test that nobody may print"


def test_without_a_verb_it_says_what_there_is(call: Call) -> None:
    done = call()
    verbs = ("serve", "migrate", "seed", "import", "user", "schema", "doctor", "config")
    assert all(verb in done.stdout + done.stderr for verb in verbs)


@pytest.mark.parametrize(
    "arguments", [["nope"], ["serve", "--port", "70000"], ["import", "plan", "no-such-file"]]
)
def test_wrong_usage_ends_with_2(call: Call, arguments: list[str]) -> None:
    assert call(*arguments).returncode == 2


def test_the_help_loads_neither_orm_nor_schema() -> None:
    code = (
        "import sys, bigcat_graphql.cli; "
        "print([name for name in ('tortoise', 'strawberry', 'uvicorn') if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_it_says_its_version(call: Call) -> None:
    done = call("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("bigcat 0.")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("BIGCAT_SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://localhost/bigcat"),
        ("BIGCAT_ALLOWED_ORIGINS", "*"),
    ],
)
@pytest.mark.parametrize("verb", [["doctor"], ["serve", "--port", "0"]])
def test_a_setting_that_makes_no_sense_is_named(
    call: Call, variable: str, value: str, verb: list[str]
) -> None:
    assert_refused(call(*verb, **{variable: value}), 2, variable)


async def test_nonsense_leaves_no_traceback() -> None:
    assert_refused(await bigcat("serve", PORT="http"), 2, "PORT")


@pytest.mark.parametrize("verb", [["migrate"], ["seed"], ["serve", "--port", "0"]])
async def test_a_database_that_is_not_there_is_named(verb: list[str]) -> None:
    done = await bigcat(*verb, database="postgresql://me:hush@127.0.0.1:1/nowhere")
    assert_refused(done, 1, "nowhere at 127.0.0.1:1")
    assert "hush" not in done.stderr


def test_the_settings_in_effect_are_shown_without_secrets(call: Call) -> None:
    url = "postgresql://me:hush@db.example/bigcat?password=hush"
    done = call("config", "--json", DATABASE_URL=url, BIGCAT_SECRET_KEY=SECRET, PORT="9000")
    rows = {row["variable"]: row for row in answer_of(done)["settings"]}
    assert rows["PORT"] == {"variable": "PORT", "value": 9000, "set": True}
    assert rows["BIGCAT_HOST"]["set"] is False
    assert rows["DATABASE_URL"]["value"] == "postgresql://me:***@db.example/bigcat?***"
    assert "hush" not in done.stdout
    assert SECRET not in done.stdout
    assert SECRET not in call("config", BIGCAT_SECRET_KEY=SECRET).stdout


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("BIGCAT_PROT", "did you mean BIGCAT_PORT?"),
        ("BIGCAT_DATABASE_URL", "did you mean DATABASE_URL?"),
        ("BIGCAT_SERVICE_HOST", "`bigcat config` lists them"),
    ],
)
def test_a_variable_that_sets_nothing_is_told(call: Call, variable: str, says: str) -> None:
    done = call("config", "--json", **{variable: "postgresql://me:hush@db.example/bigcat"})
    assert answer_of(done)["settings"]
    assert f"{variable} is no setting" in done.stderr
    assert says in done.stderr
    assert "hush" not in done.stderr


def test_every_setting_is_known(call: Call) -> None:
    names = [row["variable"] for row in answer_of(call("config", "--json"))["settings"]]
    done = call("--version", BIGCAT_TEST_DATABASE_URL="x", **dict.fromkeys(names, ""))
    assert (done.returncode, done.stderr) == (0, "")
    assert call("config", **dict.fromkeys(names, "")).stderr == ""


@pytest.mark.parametrize("verb", ["onsale-sim", "fairness-sim"])
def test_a_picture_without_a_place_is_told_before_the_simulation(call: Call, verb: str) -> None:
    done = call(verb, "--picture", "/nowhere/rush.svg")
    assert_refused(done, 1, "there is no directory /nowhere")
