"""Two agents on one cluster: each earns for itself, and nothing of one is used for the other."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from manufacturing.adapters.spacetraders.gateway import HttpGateway, Patience
from manufacturing.adapters.spacetraders.player_gateways import PlayerGateways
from manufacturing.bootstrap import wire
from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.player import Player
from manufacturing.domain.prices import Supply
from manufacturing.simulator import entities
from manufacturing.simulator.registration import make_token
from tests.pocket_universe import LIVELY, PLACES
from tests.world import AGENT, World

RIVAL = "PX-RIVAL"
_FUEL_AND_TRADES = (EntryKind.PURCHASE, EntryKind.SALE, EntryKind.REFUEL)

#: Which rows belong together: of which tables, and by what they are found.
_TOGETHER = (
    ("manufacturing_tasks", "ships", "b.symbol IN (a.ship_symbol, a.bound_ship, a.giver_ship)"),
    ("manufacturing_tasks", "ships", "b.container_id = a.id"),
    ("manufacturing_tasks", "manufacturing_pipelines", "b.id = a.pipeline_id"),
    ("factory_reservations", "manufacturing_pipelines", "b.id = a.pipeline_id"),
    ("trade_intents", "manufacturing_tasks", "b.id = a.task_id"),
    ("trade_intents", "ships", "b.symbol IN (a.ship_symbol, a.to_ship)"),
    ("ledger_entries", "ships", "b.symbol = a.ship_symbol"),
    ("ledger_entries", "manufacturing_pipelines", "b.id = a.pipeline_id"),
    ("pool_lots", "intermediate_good_pools", "b.id = a.pool_id"),
    ("pool_lots", "ships", "b.symbol = a.holder_ship"),
    ("pool_reservations", "pool_lots", "b.id = a.lot_id"),
)

#: Rows of one player that name something of another's; each line of the answer is one of them.
MIXED_UP = " UNION ALL ".join(
    f"SELECT format('{one} %s and {other} %s', a, b) FROM {one} a JOIN {other} b ON {found} "
    "WHERE a.player_id <> b.player_id"
    for one, other, found in _TOGETHER
)


class TwoAgents:
    """A world in which a second agent is played as well."""

    def __init__(self) -> None:
        self.world = World(economy=LIVELY)
        self._add_rival()
        world = self.world
        for good in ("MACHINERY", "ELECTRONICS"):
            world.stock(good, "the capital", Supply.SCARCE)
        self.gateways = {agent: self._gateway(agent) for agent in (AGENT, RIVAL)}
        by_token = {world.universe.state.agents[agent].token: gateway for agent, gateway in self.gateways.items()}
        world.fleet = wire(
            world.fleet.settings,
            engine=world.fleet.engine,
            clock=world.clock,
            uow=world.uow,
            gateways=PlayerGateways(
                world.uow,
                world.clock,
                token_of=lambda agent: world.universe.state.agents[agent].token,
                make=lambda token, player: by_token[token],
            ),
            locks=world.locks,
            ids=world.ids,
            drain_usage=list,
        )
        self.rival_id = world.fleet.enrolment.enrol(self.gateways[RIVAL], "simulator").id
        world.fleet.enrolment.refresh_ships(self.gateways[AGENT], world.player_id)
        world.fleet.scans.scan(self.gateways[RIVAL], self.rival_id)

    def _add_rival(self) -> None:
        universe = self.world.universe
        rival = entities.Agent(
            symbol=RIVAL,
            account="another account",
            token=make_token(universe.seed, RIVAL, universe.state.reset_date),
            faction="COSMIC",
            headquarters=universe.state.headquarters,
            credits=self.world.credits,
            joined_at=self.world.clock.now(),
        )
        universe.add_agent(rival)
        for symbol in PLACES.values():
            universe.build_ship(rival, "SHIP_PROBE", universe.state.places[symbol])
        for agent in (rival, self.world.agent):
            for _ in range(3):
                universe.build_ship(agent, "SHIP_LIGHT_HAULER", universe.state.places[PLACES["the capital"]])

    def _gateway(self, agent: str) -> HttpGateway:
        waiting = iter(range(10**9))
        return HttpGateway(
            self.world.game,
            self.world.universe.state.agents[agent].token,
            self.world.budget,
            patience=Patience(read=3.0),
            sleep=lambda seconds: None,
            monotonic=lambda: float(next(waiting)),
        )

    def players(self) -> list[Player]:
        with self.world.uow() as uow:
            return uow.players.active()

    def agent(self, player_id: PlayerId) -> entities.Agent:
        return self.world.universe.state.agents[AGENT if player_id == self.world.player_id else RIVAL]

    @contextmanager
    def played_as(self, player_id: PlayerId) -> Iterator[None]:
        """What the world's beat does, it does for this player."""
        own, self.world.player_id = self.world.player_id, player_id
        yield
        self.world.player_id = own

    def play(self, span: timedelta) -> None:
        """Both play at once for so long."""
        world = self.world
        ends_at = world.clock.now() + span
        next_beat = world.clock.now()
        while world.clock.now() < ends_at:
            if world.clock.now() >= next_beat:
                next_beat = world.clock.now() + timedelta(minutes=1)
                for player in self.players():
                    with self.played_as(player.id):
                        world.beat()
            world.sweep()
            world.deliver_messages()
            world._jump(at_most=timedelta(minutes=1))

    def ask(self, question: str) -> list[Any]:
        with self.world.fleet.engine.connect() as connection:
            return list(connection.execute(text(question)).scalars())


def test_the_floor_of_one_does_not_hold_for_the_other() -> None:
    two = TwoAgents()
    with two.world.uow() as uow:
        uow.players.get(two.rival_id).own_floor = CreditFloor(amount=10**9)
        uow.commit()

    two.play(timedelta(minutes=15))

    with two.world.uow() as uow:
        assert uow.ledger.entries(two.rival_id, limit=10, kind=EntryKind.PURCHASE) == []
        assert uow.ledger.entries(two.world.player_id, limit=10, kind=EntryKind.PURCHASE) != []


@pytest.fixture(scope="module")
def played() -> TwoAgents:
    """Two agents that have played for a while, one of them with a floor of its own."""
    two = TwoAgents()
    with two.world.uow() as uow:
        uow.players.get(two.rival_id).own_floor = CreditFloor(share=0.9)
        uow.commit()
    two.play(timedelta(hours=2))
    return two


def test_both_complete_pipelines_and_earn(played: TwoAgents) -> None:
    for player in played.players():
        with played.world.uow() as uow:
            pipelines = uow.pipelines.recent(player.id, 1000)
        assert PipelineStatus.COMPLETED in {pipeline.status for pipeline in pipelines}, player.agent_symbol
        assert player.credits > player.start_credits, player.agent_symbol


def test_the_ledger_of_each_is_the_change_of_its_credits(played: TwoAgents) -> None:
    for player in played.players():
        with played.world.uow() as uow:
            total = uow.ledger.total(player.id)
            assert uow.intents.open_of_player(player.id) == []
        assert total == played.agent(player.id).credits - played.world.credits
        assert player.credits == played.agent(player.id).credits


def test_every_trade_of_a_ship_is_in_the_ledger_of_its_own_player_alone(played: TwoAgents) -> None:
    state = played.world.universe.state
    for player in played.players():
        with played.world.uow() as uow:
            entries = uow.ledger.entries(player.id, limit=10_000)
        ships = {ship.symbol for ship in state.ships.values() if ship.agent == player.agent_symbol}
        assert {entry.ship_symbol for entry in entries if entry.kind in _FUEL_AND_TRADES} <= ships
        # Markets remember their last trades, so these are some of them.
        happened = [trade for place in state.places.values() for trade in place.trades if trade.ship in ships]
        remembered = Counter(str((trade.ship, trade.good, trade.units, trade.unit_price)) for trade in happened)
        entered = Counter(str((entry.ship_symbol, entry.good, entry.units, entry.unit_price)) for entry in entries)
        assert len(happened) > 10
        assert remembered - entered == Counter()


def test_no_row_of_one_names_anything_of_the_other(played: TwoAgents) -> None:
    assert played.ask(MIXED_UP) == []
    assert len(played.ask("SELECT DISTINCT player_id FROM manufacturing_tasks")) == 2
    assert len(played.ask("SELECT DISTINCT player_id FROM market_listings")) == 2


def test_both_may_have_the_same_factory_at_once_since_each_has_its_own_right_to_it(played: TwoAgents) -> None:
    shared = """
    SELECT factory_symbol FROM factory_reservations GROUP BY factory_symbol, output_good
    HAVING count(DISTINCT player_id) = 2
    """
    assert played.ask(shared) != []
