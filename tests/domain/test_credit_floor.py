"""A floor: so many credits, or a share of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.policy import FleetPolicy
from manufacturing.services.treasury import Treasury
from tests.postgres.builders import a_player


@pytest.mark.parametrize(
    ("text", "floor", "shown"),
    [
        ("200000", CreditFloor(amount=200_000), "200,000"),
        ("200,000", CreditFloor(amount=200_000), "200,000"),
        ("0", CreditFloor(), "0"),
        (" 12.5% ", CreditFloor(share=0.125), "12.5%"),
    ],
)
def test_a_floor_is_read_and_shown_as_people_write_it(text: str, floor: CreditFloor, shown: str) -> None:
    assert CreditFloor.parse(text) == floor
    assert str(floor) == shown


@pytest.mark.parametrize("text", ["", "much", "-5", "100%", "-1%", "1e5", "nan%", "10 %%"])
def test_what_is_no_floor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"floor|share"):
        CreditFloor.parse(text)


def test_a_share_is_of_the_credits_there_are() -> None:
    floor = CreditFloor.parse("10%")
    assert (floor.of(1_000_001), floor.of(0)) == (100_001, 0)


@given(amount=st.integers(0, 10**9), share=st.floats(0, 0.99), credits=st.integers(0, 10**9))
def test_both_parts_of_a_floor_hold(amount: int, share: float, credits: int) -> None:
    floor = CreditFloor(amount=amount, share=share).of(credits)
    assert floor >= amount
    assert floor >= credits * share


def test_a_players_own_floor_goes_before_the_policys_even_when_it_is_lower() -> None:
    treasury = Treasury(FleetPolicy(credit_floor=25_000))
    player = a_player(credits=100_000)
    assert treasury.floor(player) == 25_000
    player.own_floor = CreditFloor(share=0.6)
    assert treasury.floor(player) == 60_000
    player.own_floor = CreditFloor()
    assert treasury.floor(player) == 0
    player.own_floor = None
    assert treasury.floor(player) == 25_000


def test_a_share_is_of_the_most_credits_there_were_and_does_not_melt_away_with_purchases() -> None:
    treasury = Treasury(FleetPolicy(credit_floor=0, credit_floor_share=0.2))
    player = a_player(credits=30_000, peak_credits=100_000)
    assert treasury.floor(player) == 20_000
    player.own_floor = CreditFloor(share=0.1)
    assert treasury.floor(player) == 10_000
