"""ShipDispatchService: which ships are free, and whom each works for (docs/domain.md, "Ships")."""

from manufacturing.domain.clock import Clock
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.ship import Ship


class ShipDispatchService:
    """Keeps the assignment of ships to the tasks ("containers") they work for."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    def get_idle_ships(self, player_id: PlayerId) -> list[Ship]:
        """Ships that may be given a task now."""
        with self._uow() as uow:
            return self.idle_ships(uow, player_id)

    def idle_ships(self, uow: UnitOfWork, player_id: PlayerId) -> list[Ship]:
        """The same within a unit of work. A ship with cargo aboard is never idle, nor is one kept by the player."""
        return [ship for ship in uow.ships.free(player_id) if self.is_idle(ship)]

    def assignable_ships(self, uow: UnitOfWork, player_id: PlayerId) -> list[Ship]:
        """Ships that may be given a task now if it is the right one, locked until the unit of work ends: idle ones,
        those that fly for nobody or merely to wait elsewhere, and laden ones that work for nobody."""
        return uow.ships.lock_assignable(player_id)

    def assign_ship_to_container(self, player_id: PlayerId, ship_symbol: str, container_id: str) -> None:
        """The ship works for this container (a task id) from now on. UnknownThing when there is no such ship."""
        with self._uow() as uow:
            uow.ships.get(player_id, ship_symbol).work_for(container_id)
            uow.commit()

    def release_ship(self, player_id: PlayerId, ship_symbol: str, reason: str) -> None:
        """The ship works for nobody any more. UnknownThing when there is no such ship."""
        with self._uow() as uow:
            self.release(uow, player_id, ship_symbol, reason)
            uow.commit()

    def release(self, uow: UnitOfWork, player_id: PlayerId, ship_symbol: str, reason: str) -> None:
        """The same within a unit of work; whoever assigns hears of it after the commit."""
        ship = uow.ships.get(player_id, ship_symbol)
        if ship.container_id is None:
            return
        ship.stand_idle(self._clock.now())
        uow.emit(WorkChanged(player_id=player_id))

    def is_ship_available(self, player_id: PlayerId, ship_symbol: str) -> bool:
        """Whether the ship may be given a task now."""
        with self._uow() as uow:
            return self.is_idle(uow.ships.get(player_id, ship_symbol))

    def is_idle(self, ship: Ship) -> bool:
        """Whether it works for nobody, is empty, at rest, and not kept by the player."""
        return (
            ship.container_id is None
            and not ship.reserved_by_player
            and ship.cargo_units == 0
            and not ship.is_flying(self._clock.now())
        )
