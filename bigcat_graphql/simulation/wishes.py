"""What buyers ask for, given what they saw of the hall a moment ago."""

import random
from collections.abc import Sequence

from bigcat_graphql.simulation.shows import FLOOR, Show

Selection = dict[str, object]

# People go in twos; every other number is rarer.
_QUANTITIES, _WEIGHTS = (1, 2, 3, 4), (3, 6, 1, 2)
_CHOSEN_SHARE, _BEST_SHARE = 0.55, 0.30


def choose(dice: random.Random, show: Show) -> Selection:
    """Make a wish: seats by number, the best there are, or places on the floor."""
    quantity = dice.choices(_QUANTITIES, _WEIGHTS)[0]
    kind = dice.random()
    free = _free(show) if kind < _CHOSEN_SHARE else []
    if free:
        return _chosen(show, _neighbours(dice, free, quantity))
    if kind < _CHOSEN_SHARE + _BEST_SHARE:
        return {"bestAvailable": {"quantity": quantity}}
    return {"generalAdmission": {"areaKey": FLOOR, "quantity": quantity}}


def choose_one_more(dice: random.Random, show: Show) -> Selection:
    """Wish for one seat by number where one is free, else for the best."""
    free = _free(show)
    if free:
        return _chosen(show, [dice.choice(free)])
    return {"bestAvailable": {"quantity": 1}}


def _free(show: Show) -> list[int]:
    return [index for index in range(show.seat_count) if show.statuses[index] == "A"]


def _neighbours(dice: random.Random, free: Sequence[int], quantity: int) -> Sequence[int]:
    # Everybody wants to sit in front, so the same few seats are asked for again and again.
    first = int(len(free) * dice.random() ** 3)
    return free[first : first + quantity]


def _chosen(show: Show, indexes: Sequence[int]) -> Selection:
    return {"seats": {"planVersion": show.plan_version, "indexes": list(indexes)}}
