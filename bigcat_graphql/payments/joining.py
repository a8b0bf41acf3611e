"""How payments take part in what happens to bookings, and in the jobs of this process."""

from bigcat_graphql import jobs
from bigcat_graphql.booking.events import BookingEnded, TicketsCancelled, within_transaction
from bigcat_graphql.payments.owing import SETTLE, look_again, refund_tickets
from bigcat_graphql.payments.settlement import run_job


def take_part() -> None:
    """Join the transactions that end bookings or cancel tickets; called at start-up."""
    within_transaction(TicketsCancelled, refund_tickets)
    within_transaction(BookingEnded, look_again)
    # For ever: money that has to go back is never given up on.
    jobs.handle(SETTLE, run_job, retry=jobs.Retry(attempts=None))
