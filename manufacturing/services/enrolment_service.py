"""EnrolmentService: makes a player's agent, map and ships known, and brings them up to date at each start."""

import logging

from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import Purpose, SpaceTradersGateway
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.domain.ship import Ship
from manufacturing.domain.universe import AgentState, ServerStatus, ShipState
from manufacturing.domain.waypoint import Waypoint
from manufacturing.services.market_service import MarketService
from manufacturing.services.treasury import Treasury

log = logging.getLogger(__name__)


class EnrolmentService:
    """Reads what a player owns and where it lives."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock, markets: MarketService, treasury: Treasury) -> None:
        self._uow = uow
        self._clock = clock
        self._markets = markets
        self._treasury = treasury

    def enrol(self, gateway: SpaceTradersGateway, server_url: str) -> Player:
        """The player of the gateway's token, new or known, with its map, markets and ships up to date."""
        status = gateway.get_status()
        agent = gateway.get_agent()
        player_id = self._find_or_add(status, agent, server_url)
        self._read_map(gateway, player_id)
        self.refresh_ships(gateway, player_id)
        self._read_unknown_markets(gateway, player_id)
        with self._uow() as uow:
            return uow.players.get(player_id)

    def _find_or_add(self, status: ServerStatus, agent: AgentState, server_url: str) -> PlayerId:
        with self._uow() as uow:
            player = uow.players.find(agent.symbol, server_url, status.reset_date)
            if player is None:
                player = Player(
                    agent_symbol=agent.symbol,
                    server_url=server_url,
                    reset_date=status.reset_date,
                    faction=agent.faction,
                    headquarters=agent.headquarters,
                    system_symbol=agent.headquarters.rpartition("-")[0],
                    credits=agent.credits,
                    start_credits=agent.credits,
                    created_at=self._clock.now(),
                )
                uow.players.add(player)
                uow.flush()
            player.time_scale = status.time_scale
            uow.commit()
            return player.id

    def _read_map(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> None:
        with self._uow() as uow:
            system = uow.players.get(player_id).system_symbol
            if uow.waypoints.in_system(player_id, system):
                return
        facts = gateway.list_waypoints(system)
        with self._uow() as uow:
            uow.waypoints.add_all(
                [
                    Waypoint(
                        player_id=player_id,
                        symbol=f.symbol,
                        system_symbol=f.system,
                        type=f.type,
                        x=f.x,
                        y=f.y,
                        traits=list(f.traits),
                        has_market=f.has_market,
                        has_shipyard=f.has_shipyard,
                    )
                    for f in facts
                ]
            )
            uow.commit()

    def refresh_ships(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> int:
        """Takes over the server's list of ships, new ones included; how many there are."""
        states = gateway.list_ships()
        now = self._clock.now()
        with self._uow() as uow:
            known = {ship.symbol: ship for ship in uow.ships.of_player(player_id)}
            for state in states:
                ship = known.get(state.symbol)
                if ship is None:
                    ship = _new_ship(player_id, state)
                    ship.observe(state, now)
                    ship.stand_idle(now)
                    uow.ships.add(ship)
                elif ship.container_id is None:
                    ship.observe(state, now)
                else:
                    # A worker may be flying it right now: it asks the server itself at its next step.
                    ship.needs_observation = True
            uow.commit()
        return len(states)

    def _read_unknown_markets(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> None:
        with self._uow() as uow:
            system = uow.players.get(player_id).system_symbol
            markets = [w.symbol for w in uow.waypoints.in_system(player_id, system) if w.has_market]
            known = {listing.waypoint for listing in uow.markets.in_system(player_id, system)}
        for waypoint in markets:
            if waypoint not in known:
                self._markets.look(gateway, player_id, waypoint, Purpose.SETUP)

    def reconcile(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> int | None:
        """Compares our credits with the server's and enters what moved without us; the difference. None when a trade
        was under way, so that nothing could be said."""
        with self._uow() as uow:
            if uow.intents.open_of_player(player_id):
                return None
            before = uow.players.get(player_id).credits
        agent = gateway.get_agent()
        with self._uow() as uow:
            player = uow.players.get(player_id)
            if uow.intents.open_of_player(player_id) or player.credits != before:
                return None
            difference = self._treasury.reconcile(uow, player_id, agent.credits, self._clock.now())
            uow.commit()
        if difference:
            log.warning("credits of %s moved by %+d without us", agent.symbol, difference)
        return difference


def _new_ship(player_id: PlayerId, state: ShipState) -> Ship:
    return Ship(
        player_id=player_id,
        symbol=state.symbol,
        role=state.role,
        frame=state.frame,
        speed=state.speed,
        fuel_current=state.fuel.current,
        fuel_capacity=state.fuel.capacity,
        cargo_capacity=state.cargo.capacity,
        system_symbol=state.nav.system,
        waypoint=state.nav.waypoint,
        origin=state.nav.origin,
        nav_status=state.nav.status,
        flight_mode=state.nav.flight_mode,
        observed_at=state.nav.departure_at,
    )
