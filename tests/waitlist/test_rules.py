"""How long an offer is good."""

from datetime import UTC, datetime, timedelta

from bigcat_graphql.waitlist.rules import offer_until


def test_an_offer_is_good_for_an_eighth_of_the_time_left_and_kind_at_night() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def lasting(at: datetime, to_go: timedelta, zone: str = "UTC") -> timedelta:
        return offer_until(at, starts_at=at + to_go, time_zone=zone) - at

    assert lasting(noon, timedelta(days=30)) == timedelta(hours=12)
    assert lasting(noon, timedelta(days=1)) == timedelta(hours=3)
    assert lasting(noon, timedelta(hours=1)) == timedelta(minutes=15)
    assert lasting(noon, timedelta(minutes=10)) == timedelta(minutes=5)
    assert lasting(noon, timedelta(minutes=2)) == timedelta(minutes=1)
    late = noon.replace(hour=23)
    assert lasting(late, timedelta(days=1)) == timedelta(hours=9, minutes=30)
    early = noon.replace(hour=2)
    assert lasting(early, timedelta(days=1)) == timedelta(hours=6, minutes=30)
    # 12:00 UTC is five in the morning in Los Angeles.
    assert lasting(noon, timedelta(days=1), "America/Los_Angeles") == timedelta(hours=3, minutes=30)
