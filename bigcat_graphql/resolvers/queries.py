"""The root of reading."""

from bigcat_graphql.resolvers.accounts import AccountQueries
from bigcat_graphql.resolvers.bookings import BookingQueries
from bigcat_graphql.resolvers.concerts import ConcertQueries
from bigcat_graphql.resolvers.limits import LimitQueries
from bigcat_graphql.resolvers.nodes import NodeQueries
from bigcat_graphql.resolvers.sale_queues import SaleQueueQueries
from bigcat_graphql.resolvers.seat_maps import SeatMapQueries
from bigcat_graphql.schema.describing import output


@output
class Query(
    LimitQueries,
    BookingQueries,
    AccountQueries,
    SaleQueueQueries,
    SeatMapQueries,
    ConcertQueries,
    NodeQueries,
):
    """What can be read; root fields are nullable so that one failure does not blank the others."""
