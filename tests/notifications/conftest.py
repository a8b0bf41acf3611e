"""A real SMTP server on loopback, which keeps what it is given."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bigcat_graphql import notifications
from bigcat_graphql.settings import override_settings
from tests.notifications.smtp_server import SmtpBox


@pytest.fixture(autouse=True)
def taking_part() -> None:
    notifications.take_part()


@pytest.fixture
def mailbox() -> Iterator[None]:
    """Mail is kept for /mailbox, and goes nowhere."""
    with override_settings(mailbox=True, smtp_url=None):
        yield


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpBox]:
    """Mail goes to this server."""
    box = SmtpBox()
    box.open()
    with override_settings(
        smtp_url=box.url, mailbox=False, mail_from="Zirkus Großkatz <tickets@bigcat.example>"
    ):
        yield box
    box.close()
