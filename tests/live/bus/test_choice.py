"""Which bus BIGCAT_BUS leads to."""

import pytest

from bigcat_graphql.live import choose_bus
from bigcat_graphql.live.bus import Bus, NobodyElse
from bigcat_graphql.settings import Settings, SettingsRefused


def choose(bus: str) -> object:
    return choose_bus(Settings(bus=bus))


def test_memory_is_for_a_node_that_is_alone() -> None:
    assert isinstance(choose("memory"), NobodyElse)


@pytest.mark.parametrize("bus", ["postgres", "postgresql://db/bigcat", "nats://a:4222"])
async def test_the_others_reach_other_nodes(bus: str) -> None:
    assert isinstance(choose(bus), Bus)


def test_an_address_that_makes_no_sense_is_refused_by_name() -> None:
    with pytest.raises(SettingsRefused, match="BIGCAT_BUS"):
        choose("postgresql://db/bigcat?nonsense=1")
