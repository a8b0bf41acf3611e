"""Texts by Twilio's API, faked at its edge: the form that arrives, and what it may answer."""

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from bigcat_graphql import accounts, jobs
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.notifications import sms
from bigcat_graphql.settings import Settings, override_settings
from tests.booking.verbs import book
from tests.jobs.works import let_delays_pass
from tests.scenes import make_buyer, make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")
CONFIGURED = {
    "sms_account": "AC1",
    "sms_token": "s3cret",
    "sms_from": "+15550001",
    "smtp_url": None,
    "mailbox": False,
}


class Service:
    """What came in, and what is answered."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else httpx.Response(201, json={"sid": "SM1"})

    def form(self, number: int = 0) -> dict[str, str]:
        fields = parse_qs(self.requests[number].content.decode())
        return {name: values[0] for name, values in fields.items()}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    real: Callable[..., sms.Twilio] = sms.Twilio

    def wire(**options: str) -> sms.Twilio:
        return real(**options, transport=httpx.MockTransport(made.answer))

    monkeypatch.setattr(sms, "Twilio", wire)
    return made


async def buy_with_phone(phone: str | None) -> Viewer:
    buyer = await make_buyer()
    if phone:
        await accounts.set_phone(buyer.account_id, accounts.read_phone(phone))
    venue = await make_venue(city="Berlin", country="DE", time_zone="Europe/Berlin")
    await book(buyer, await make_concert(venue=venue, artists=["Björk"], price_minor=0), 0)
    return buyer


async def test_who_left_a_number_gets_one_text_in_the_language_spoken_there(
    service: Service,
) -> None:
    with override_settings(**CONFIGURED):
        await buy_with_phone("+49 (30) 1234-567")
        await jobs.run_due()
        await jobs.run_due()
    [request] = service.requests
    assert str(request.url) == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == httpx.BasicAuth("AC1", "s3cret")._auth_header
    form = service.form()
    assert (form["To"], form["From"]) == ("+49301234567", "+15550001")
    assert "ist bestätigt: Björk" in form["Body"]
    assert len(form["Body"]) <= 320
    assert await jobs.list_jobs() == []


async def test_who_left_none_gets_none(service: Service) -> None:
    with override_settings(**CONFIGURED):
        await buy_with_phone(None)
        assert await jobs.run_due() == 1
    assert service.requests == []


async def test_a_service_that_is_away_is_asked_again(service: Service) -> None:
    service.answers = [httpx.Response(503), httpx.Response(429, json={"code": 20429})]
    with override_settings(**CONFIGURED):
        await buy_with_phone("+49301234567")
        for _ in range(4):
            await jobs.run_due()
            await let_delays_pass()
    assert len(service.requests) == 3
    assert await jobs.list_jobs() == []


async def test_a_number_that_cannot_be_is_a_dead_letter_that_does_not_repeat_it(
    service: Service,
) -> None:
    service.answers = [httpx.Response(400, json={"code": 21211, "message": "+49301234567 is bad"})]
    with override_settings(**CONFIGURED):
        await buy_with_phone("+49301234567")
        await jobs.run_due()
    [dead] = await jobs.dead_letters()
    assert dead.error == "Hopeless: status 400, code 21211"


async def test_without_an_account_there_is_no_service() -> None:
    assert sms.choose_notifier(Settings()) is None


@pytest.mark.parametrize("text", ["", "030 1234567", "+0301234567", "+49", "+1" * 9, "+49 30 x"])
async def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.read_phone(text)
