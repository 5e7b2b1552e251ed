"""Errors of the domain: each says what happened, to which row, and what to do."""

from datetime import datetime


class ManufacturingError(Exception):
    """Anything this package refuses to do."""


class IllegalTransition(ManufacturingError):
    """A state machine was asked for a move it does not have."""

    def __init__(self, entity: str, ident: str, state: str, move: str) -> None:
        super().__init__(f"{entity} {ident} is {state}: it cannot {move}")


class StaleRow(ManufacturingError):
    """Someone else changed the row since it was read: read it again and decide again."""


class FactoryAlreadyReserved(ManufacturingError):
    """Another pipeline holds the factory."""

    def __init__(self, factory: str, output_good: str, holder: str, until: datetime) -> None:
        super().__init__(f"{factory} is making {output_good} for pipeline {holder} until {until.isoformat()}")
        self.factory = factory
        self.output_good = output_good
        self.holder = holder
        self.until = until


class TaskAlreadyTaken(ManufacturingError):
    """The task, or the ship, was given away in the meantime."""


class StaleFencingToken(ManufacturingError):
    """The pipeline's right to the factory has ended: it must not touch it any more."""


class BelowFloor(ManufacturingError):
    """Not even one unit can be bought without crossing the credit floor."""


class UnknownThing(ManufacturingError):
    """No such row."""
