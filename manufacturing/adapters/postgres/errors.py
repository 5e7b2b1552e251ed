"""What the database refuses, in the domain's words.

Whoever comes second when two want the same is told so by a constraint, a lock or a version: all of these mean "read
again and decide again".
"""

from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from manufacturing.domain.errors import ManufacturingError, StaleRow, TaskAlreadyTaken

_UNIQUE_VIOLATION: Final = "23505"
_SERIALIZATION_FAILURE: Final = "40001"
_DEADLOCK_DETECTED: Final = "40P01"
_LOCK_NOT_AVAILABLE: Final = "55P03"

#: What it means to come second, by the constraint that says so.
_SECOND: Final = {
    "unique_task_of_ship": (TaskAlreadyTaken, "the ship has another task"),
    "unique_open_liquidation": (TaskAlreadyTaken, "the ship's cargo of this good is being liquidated already"),
    "unique_active_pipeline_good": (StaleRow, "another pipeline makes this good"),
    "unique_open_intent_of_ship": (StaleRow, "the ship has an open trade intent: settle it first"),
    "unique_open_transfer_to_ship": (StaleRow, "goods are being handed to the ship already: settle that first"),
    "unique_ledger_entry_of_intent": (StaleRow, "the intent stands in the ledger already"),
}
_LOST_RACE: Final = {
    _DEADLOCK_DETECTED: "it waited for another transaction that waited for it",
    _SERIALIZATION_FAILURE: "another transaction changed what it read",
    _LOCK_NOT_AVAILABLE: "another transaction held the row for too long",
}


def translate_errors(engine: Engine) -> None:
    """From now on ``engine`` raises domain errors where the domain has one; SQLAlchemy's for everything else."""
    event.listen(engine, "handle_error", _translated)


def _translated(context: ExceptionContext) -> ManufacturingError | None:
    error: Any = context.original_exception
    code = getattr(error, "pgcode", None)
    if code == _UNIQUE_VIOLATION:
        constraint = error.diag.constraint_name
        kind, meaning = _SECOND.get(constraint, (StaleRow, f"someone else stored it first ({constraint})"))
        return kind(f"{meaning}: {error.diag.message_detail}")
    if code in _LOST_RACE:
        return StaleRow(f"the transaction was given up, {_LOST_RACE[code]}: read again and decide again")
    return None
