"""A confirmed booking: one mail with words that people read and tickets that machines read."""

import pytest

from bigcat_graphql import jobs
from tests.booking.verbs import book
from tests.notifications.smtp_server import SmtpBox, parts, words
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


async def test_a_confirmed_booking_is_told_once_with_everything(smtp: SmtpBox) -> None:
    concert, buyer = await make_concert(artists=["Björk"], price_minor=0), await make_buyer()
    await book(buyer, concert, 0, 1)
    await jobs.run_due()
    await jobs.run_due()
    [mail] = smtp.mails
    assert "Björk" in words(mail)
    assert len(parts(mail, "image/png")) == 2
    assert await jobs.list_jobs() == []
