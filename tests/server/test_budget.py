"""Points of cost that each caller may spend."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bigcat_graphql.server.budget import Budgets, CallerBudgets
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.refusals import RequestRefused
from tests.server.toy import authenticate


@dataclass(frozen=True)
class Account:
    account_id: UUID
    expires_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_spent_and_fills_again_by_the_second() -> None:
    clock = Clock()
    budgets = Budgets(1_000, 10, clock=clock)
    assert budgets.spend("a", 900).remaining == 100
    clock.now += 20
    assert budgets.spend("a", 100).remaining == 200
    clock.now += 1_000_000
    assert budgets.spend("a", 0).remaining == 1_000


def test_who_has_spent_all_is_told_when_to_come_again() -> None:
    budgets = Budgets(1_000, 10, clock=Clock())
    budgets.spend("a", 990)
    with pytest.raises(RequestRefused) as refused:
        budgets.spend("a", 45)
    assert refused.value.errors[0].extensions == {"code": "THROTTLED", "retryAfterSeconds": 4}


def test_what_is_charged_besides_is_not_told_as_the_operations_cost() -> None:
    budgets = Budgets(1_000, 10, clock=Clock())
    standing = budgets.spend("a", 100, besides=20)
    assert (standing.cost, standing.remaining) == (100, 880)


def test_one_caller_does_not_spend_the_budget_of_another() -> None:
    budgets = Budgets(1_000, 10, clock=Clock())
    budgets.spend("a", 1_000)
    assert budgets.spend("b", 1_000).remaining == 0


def test_the_budget_is_the_accounts_then_the_addresss_then_the_networks() -> None:
    def key(address: str) -> str:
        return Caller(address, "http://box.test").budget_key

    signed_in = Caller("192.0.2.1", "http://box.test", authenticate("good"))
    assert signed_in.budget_key == "00000000-0000-0000-0000-000000000007"
    assert key("192.0.2.1") != key("192.0.2.2")
    assert key("2001:db8::1") == key("2001:db8::ffff")
    assert key("2001:db8:0:1::1") != key("2001:db8::1")


def test_a_hall_full_of_accounts_behind_one_address_is_let_through() -> None:
    budgets = CallerBudgets(10_000, 200, accounts_per_address=20, clock=Clock())
    for number in range(2_000):
        budgets.spend(account(number), 100)


def test_a_farm_of_accounts_behind_one_address_has_what_twenty_accounts_have() -> None:
    clock = Clock()
    budgets = CallerBudgets(1_000, 10, accounts_per_address=20, clock=clock)

    def let_through() -> int:
        return sum(pays(budgets, account(number), 100) for number in range(500))

    assert let_through() == 200
    clock.now += 1
    assert let_through() == 2
    assert pays(budgets, account(1, address="198.51.100.7"), 100)
    assert pays(budgets, Caller("192.0.2.1", "http://box.test"), 100)


def test_the_gate_takes_nothing_for_what_an_account_cannot_pay_itself() -> None:
    budgets = CallerBudgets(1_000, 10, accounts_per_address=2, clock=Clock())
    assert [pays(budgets, account(1), 100) for _ in range(100)].count(True) == 10
    assert [pays(budgets, account(2), 100) for _ in range(100)].count(True) == 10
    with pytest.raises(RequestRefused) as refused:
        budgets.spend(account(3), 100)
    assert refused.value.errors[0].extensions == {"code": "THROTTLED", "retryAfterSeconds": 5}
    # Nor has the account paid for what the gate refused.
    assert budgets.spend(account(3, address="198.51.100.7"), 100).remaining == 900


def account(number: int, *, address: str = "192.0.2.1") -> Caller:
    return Caller(address, "http://box.test", Account(UUID(int=number)))


def pays(budgets: CallerBudgets, caller: Caller, cost: int) -> bool:
    try:
        budgets.spend(caller, cost)
    except RequestRefused:
        return False
    return True
