"""The change bus: how the nodes of one database tell each other what changed."""

from bigcat_graphql.live.bus.bus import Bus, ChangeBus, NobodyElse
from bigcat_graphql.live.bus.choice import choose_bus

__all__ = ["Bus", "ChangeBus", "NobodyElse", "choose_bus"]
