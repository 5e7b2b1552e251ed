"""Contracts: what factions pay agents to bring."""

from datetime import timedelta
from typing import Final

from manufacturing.domain.facts import base_prices
from manufacturing.domain.prices import ListingType
from manufacturing.simulator.entities import Agent, Contract, Delivery
from manufacturing.simulator.randomness import key, stream
from manufacturing.simulator.universe import Universe

_TIME_TO_ACCEPT: Final = timedelta(days=1)
_TIME_TO_DELIVER: Final = timedelta(days=7)
#: The pay for the goods, over their base price.
_PAY: Final = (1.3, 2.2)
#: The share of the pay that is paid when the contract is accepted.
_ADVANCE: Final = (0.15, 0.35)


def draw_contract(universe: Universe, agent: Agent) -> Contract:
    """The agent's next contract: a good its headquarters' system trades, for a market there that buys it."""
    agent.contracts_made += 1
    number = agent.contracts_made
    chance = stream(universe.seed, "contract", agent.symbol, number)
    good, destination = chance.choice(_wishes(universe, agent))
    price = base_prices().get(good, 1000)
    units = chance.randrange(40, 121, 5) if price < 1000 else chance.randrange(10, 41, 2)
    total = round(price * units * chance.uniform(*_PAY)) + 5_000
    advance = round(total * chance.uniform(*_ADVANCE))
    return Contract(
        id=f"contract-{key(universe.seed, 'contract id', agent.symbol, number):016x}",
        agent=agent.symbol,
        faction=agent.faction,
        accept_by=universe.now + _TIME_TO_ACCEPT,
        deadline=universe.now + _TIME_TO_DELIVER,
        paid_on_accept=advance,
        paid_on_fulfil=total - advance,
        deliveries=[Delivery(good=good, destination=destination, required=units)],
    )


def _wishes(universe: Universe, agent: Agent) -> list[tuple[str, str]]:
    """Every good that is sold somewhere in the home system and bought elsewhere in it, with each buyer."""
    system = universe.state.places[agent.headquarters].system
    markets = [
        place.market for place in universe.state.places.values() if place.system == system and place.market is not None
    ]
    sold = {
        listing.good
        for market in markets
        for listing in market.listings.values()
        if listing.type is not ListingType.IMPORT
    }
    wishes = [
        (listing.good, market.waypoint)
        for market in markets
        for listing in market.listings.values()
        if listing.type is ListingType.IMPORT and listing.good in sold and listing.trade_volume > 11
    ]
    return wishes or [("FUEL", agent.headquarters)]
