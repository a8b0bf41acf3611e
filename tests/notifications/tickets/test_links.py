"""Links: for one file of one ticket, for 15 minutes, made by nobody else."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.clock import utc_now
from bigcat_graphql.notifications.tickets import TicketFile, TicketName, links, write_link
from bigcat_graphql.notifications.tickets.links import read_link
from bigcat_graphql.settings import override_settings

_NAME = TicketName(UUID(int=1), UUID(int=2))


def _token(file: TicketFile = TicketFile.PDF, name: TicketName = _NAME) -> str:
    return urlsplit(write_link("https://box.test", name, file)).path.split("/")[2]


def _age(monkeypatch: pytest.MonkeyPatch, **passed: int) -> None:
    later = utc_now() + timedelta(**passed)
    monkeypatch.setattr(links, "utc_now", lambda: later)


@pytest.mark.parametrize("file", TicketFile)
def test_a_link_names_its_ticket_and_file(file: TicketFile) -> None:
    url = write_link("https://box.test", _NAME, file)

    assert url.startswith("https://box.test/t/")
    assert url.endswith(f"/{file.value}")
    assert read_link(_token(file), file) == _NAME


def test_a_link_is_over_after_fifteen_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    token = _token()
    _age(monkeypatch, minutes=14)
    assert read_link(token, TicketFile.PDF) == _NAME

    _age(monkeypatch, minutes=16)
    assert read_link(token, TicketFile.PDF) is None


def test_a_link_to_one_file_opens_no_other() -> None:
    assert read_link(_token(TicketFile.CALENDAR), TicketFile.PDF) is None


def test_another_secret_makes_other_links() -> None:
    token = _token()

    with override_settings(secret_key="another secret of enough length!!"):
        assert read_link(token, TicketFile.PDF) is None


def test_neither_ticket_nor_deadline_can_be_changed() -> None:
    key, deadline, signature = _token().split(".")
    other = _token(name=TicketName(UUID(int=1), UUID(int=3))).split(".")[0]

    assert read_link(f"{other}.{deadline}.{signature}", TicketFile.PDF) is None
    assert read_link(f"{key}.{int(deadline) + 60}.{signature}", TicketFile.PDF) is None
    assert read_link(f"{key}.{deadline}.{'A' * 22}", TicketFile.PDF) is None


@given(st.text(max_size=120))
def test_what_is_no_link_is_told_so(text: str) -> None:
    assert read_link(text, TicketFile.PDF) is None
