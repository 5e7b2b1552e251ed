"""FaultService: tells the player of errors that nobody foresaw (docs/guarantees.md, "Not noticing")."""

import logging

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import ManufacturingError
from manufacturing.domain.gateway import GatewayError
from manufacturing.domain.masking import in_a_line
from manufacturing.domain.ports import UnitOfWorkFactory

log = logging.getLogger(__name__)


class FaultService:
    """Notes them where decisions are, so that the screen, `why` and `doctor` can tell of them."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    def note(self, subject: str, error: BaseException) -> None:
        """Notes, for every player whose fleet works, that ``subject`` ended in ``error``.

        What the game or our own rules refuse is no fault. Never raises: what keeps it from noting is in the log.
        """
        if isinstance(error, (ManufacturingError, GatewayError)):
            return
        try:
            with self._uow() as uow:
                for player in uow.players.active():
                    uow.decisions.note(player.id, DecisionKind.ERROR, subject, in_a_line(error), self._clock.now())
                uow.commit()
        except Exception:
            # Most likely it is the database itself that failed.
            log.exception("the fault of %s could not be noted", subject)
