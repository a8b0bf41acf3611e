"""The lane: wishes for seats that come at the same time share a transaction.

PostgreSQL decides between the lanes of many processes; a lane only saves it from deciding the same
thing a thousand times.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence

import structlog

from bigcat_graphql.booking import batch, rules
from bigcat_graphql.booking.batch import Result
from bigcat_graphql.booking.batch_keys import keep_refusals
from bigcat_graphql.booking.events import SeatsUnknown, tell
from bigcat_graphql.booking.refusing import advise, unavailable
from bigcat_graphql.booking.selection import ChosenSeats
from bigcat_graphql.booking.wish import Again, Outcome, Wish, repeated
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.database import Batches, Caller
from bigcat_graphql.errors import DomainError

# Whoever names more seats is refused for that, by the next batch.
_NAMED_MAX = 100
_LOG = structlog.get_logger()

_Caller = Caller[Wish, Outcome]


class Lane(Batches[Wish, Outcome]):
    """Wishes met or refused with others, in order of arrival.

    The booking of a caller that left may be made all the same, and its key tells.
    """

    def __init__(self) -> None:
        super().__init__()
        self._latest: Result | None = None

    def names_of(self, request: Wish) -> frozenset[Hashable]:
        """Keep apart equal keys, equal seats, and the hasty wishes of an account."""
        return request.names

    async def serve(self, requests: Sequence[Wish]) -> Mapping[Wish, Outcome]:
        """Reserve; where rivals were quicker but other seats may be free, the next batch tries."""
        self._latest = await batch.reserve_batch(requests)
        outcomes = self._latest.outcomes
        return {wish: out for wish, out in outcomes.items() if not isinstance(out, Again)}

    def doubt(self, requests: Collection[Wish]) -> None:
        """Have viewers look: repeats tell of no seats, and the next comparison is far."""
        tell(SeatsUnknown(concert_id) for concert_id in {wish.concert_id for wish in requests})

    async def follow_up(self) -> None:
        """Refuse at once whoever waits for seats that this batch has found or made taken."""
        if self._latest is None:
            return
        try:
            outcomes = await self._refuse_hopeless(self._latest)
        except Exception:  # noqa: BLE001 - they are still waiting, and the next batch asks anew
            _LOG.exception("refusing_failed")
            return
        for caller, outcome in outcomes.items():
            if not isinstance(outcome, Again):
                caller.tell(outcome)

    async def _refuse_hopeless(self, result: Result) -> dict[_Caller, Outcome]:
        hopeless = [
            caller
            for caller in tuple(self.waiting)
            if not caller.answer.done()
            and result.refuses(caller.request)
            and await _is_hopeless(caller.request, result)
        ]
        if not hopeless:
            return {}
        unique = {caller.request.intent.name: caller for caller in reversed(hopeless)}
        refusals = await _explain([caller.request for caller in unique.values()], result)
        kept = await keep_refusals(refusals)
        return {caller: repeated(kept[caller.request]) for caller in unique.values()}


async def _is_hopeless(wish: Wish, result: Result) -> bool:
    plan_id = result.plan_ids.get(wish.concert_id)
    if plan_id is None or not isinstance(wish.selection, ChosenSeats):
        return False
    plan = await plan_by_id(plan_id)
    try:
        rules.check_chosen(
            wish.selection, plan_version=plan.version, seat_count=plan.seat_count, path=()
        )
    except DomainError:
        return False  # another refusal comes first, and the next batch gives it
    return len(wish.selection.indexes) <= _NAMED_MAX


async def _explain(wishes: Sequence[Wish], result: Result) -> dict[Wish, DomainError]:
    others = await advise(wishes, result.plan_ids)
    return {
        wish: await unavailable(
            result.plan_ids[wish.concert_id],
            result.refuses(wish),
            result.taken,
            others[wish],
        )
        for wish in wishes
    }


_lane = Lane()


async def submit(wish: Wish) -> Outcome:
    """Have a wish met or refused in this process's lane; see `Lane.submit`."""
    return await _lane.submit(wish)


async def drain() -> None:
    """Wait until every wish has been answered, before the database is closed."""
    await _lane.drain()
