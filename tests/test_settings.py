"""Settings: read from the environment, and refused by name."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bigcat_graphql import settings
from bigcat_graphql.settings import (
    Settings,
    SettingsRefused,
    get_settings,
    load_settings,
    override_settings,
)

SECRET = "x" * 31


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BIGCAT_") or name in {
            "DATABASE_URL",
            "HOST",
            "PORT",
            "WEB_CONCURRENCY",
        }:
            monkeypatch.delenv(name)


def test_nothing_needs_to_be_set() -> None:
    made = load_settings()
    assert (made.host, made.port) == ("127.0.0.1", 8000)
    assert made.database_url is None
    assert len(made.secret_key) >= 32


def test_each_start_makes_a_secret_of_its_own() -> None:
    assert load_settings().secret_key != load_settings().secret_key


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/bigcat")
    monkeypatch.setenv("BIGCAT_DATA_DIR", "/var/lib/big cat")
    monkeypatch.setenv("BIGCAT_ACCESS_TOKEN_SECONDS", "60")
    monkeypatch.setenv("BIGCAT_ALLOWED_ORIGINS", "https://a.example, http://[::1]:5173")
    made = load_settings()
    assert made.database_url == "postgresql://db/bigcat"
    assert made.data_dir == Path("/var/lib/big cat")
    assert made.access_token_seconds == 60
    assert made.allowed_origins == ("https://a.example", "http://[::1]:5173")


@pytest.mark.parametrize("name", ["PORT", "BIGCAT_PORT"])
def test_the_port_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "9000")
    assert load_settings().port == 9000


def test_our_own_name_goes_before_the_general_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("BIGCAT_PORT", "9001")
    assert load_settings().port == 9001


def test_an_empty_variable_counts_as_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PORT", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("BIGCAT_PORT", "70000"),
        ("BIGCAT_POOL_MAX", "1"),
        ("BIGCAT_BUS", "rabbitmq://host"),
        ("BIGCAT_BUS", "nats://"),
        ("BIGCAT_BUS", "nats://host:0"),
        ("BIGCAT_BUS", "nats://host:4222,nonsense"),
        ("BIGCAT_BUS_PREFIX", "two words"),
        ("BIGCAT_WORKERS", "0"),
        ("WEB_CONCURRENCY", "many"),
        ("BIGCAT_SECRET_KEY", SECRET),
        ("BIGCAT_PUBLIC_URL", "box-office.example"),
        ("BIGCAT_PUBLIC_URL", "https://box-office.example/"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://ok.example, *"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://ok.example https://"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://ok.example/path"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://me@ok.example"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://OK.example"),
        ("BIGCAT_ALLOWED_ORIGINS", "https://ok.example:port"),
        ("BIGCAT_ALLOWED_ORIGINS", '["https://ok.example"]'),
        ("BIGCAT_BEACON_URL", "api.drand.sh"),
        ("BIGCAT_STRIPE_URL", "localhost:12111"),
        ("BIGCAT_SMS_URL", "off"),
        ("BIGCAT_LOG_FORMAT", "xml"),
        ("BIGCAT_INTROSPECTION", "maybe"),
        ("BIGCAT_RESERVATION_SECONDS", "0"),
        ("BIGCAT_RESERVATION_SECONDS", "1e9"),
        ("BIGCAT_SWEEP_SECONDS", "nan"),
        ("BIGCAT_SWEEP_SECONDS", "inf"),
        ("BIGCAT_PERSISTED_DOCUMENTS", "yes"),
    ],
)
def test_nonsense_is_refused_and_the_variable_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsRefused) as refusal:
        load_settings()
    assert str(refusal.value).startswith(variable)


def test_a_refused_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGCAT_SECRET_KEY", SECRET)
    with pytest.raises(SettingsRefused) as refusal:
        load_settings()
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")
    monkeypatch.setenv("BIGCAT_LOG_LEVEL", "loud")
    with pytest.raises(SettingsRefused) as refusal:
        load_settings()
    assert len(str(refusal.value).splitlines()) == 2


def test_times_that_contradict_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGCAT_RESERVATION_SECONDS", "600")
    monkeypatch.setenv("BIGCAT_RESERVATION_MAX_SECONDS", "60")
    with pytest.raises(SettingsRefused, match="BIGCAT_RESERVATION_SECONDS"):
        load_settings()


def test_settings_do_not_change_under_way() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_other_values_hold_for_a_while_only() -> None:
    before = get_settings()
    with override_settings(reservation_seconds=1) as during:
        assert get_settings() is during
        assert get_settings().reservation_seconds == 1
        assert get_settings().secret_key == before.secret_key
    assert get_settings() is before


def test_a_process_reads_its_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_current", None)
    first = get_settings()
    monkeypatch.setenv("PORT", "9000")
    assert get_settings() is first


def test_every_setting_has_a_variable_of_its_own() -> None:
    names = [field.validation_alias or name for name, field in Settings.model_fields.items()]
    assert len({str(name) for name in names}) == len(names)


def test_payment_providers_are_known_and_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().payment_providers == ("test",)
    for named, fault in (
        ("gold", "BIGCAT_PAYMENT_PROVIDERS"),
        (",", "names no provider"),
        ("stripe", "^stripe takes payments only with BIGCAT_STRIPE_SECRET_KEY"),
    ):
        monkeypatch.setenv("BIGCAT_PAYMENT_PROVIDERS", named)
        with pytest.raises(SettingsRefused, match=fault):
            load_settings()
    monkeypatch.setenv("BIGCAT_STRIPE_SECRET_KEY", "sk_test_1")
    monkeypatch.setenv("BIGCAT_STRIPE_WEBHOOK_SECRETS", "whsec_new, whsec_old")
    assert load_settings().stripe_webhook_secrets == ("whsec_new", "whsec_old")


@pytest.mark.parametrize(
    "bus", ["memory", "postgres", "nats://a:4222,tls://b", "postgresql://db:5433/bigcat"]
)
def test_each_bus_is_known(monkeypatch: pytest.MonkeyPatch, bus: str) -> None:
    monkeypatch.setenv("BIGCAT_BUS", bus)
    assert load_settings().bus == bus


def test_hosts_may_say_how_many_workers_under_their_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert load_settings().workers == 3
