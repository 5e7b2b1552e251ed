"""Identifiers as distinct types, and where new ones come from."""

from collections.abc import Callable
from typing import NewType

PlayerId = NewType("PlayerId", int)
PipelineId = NewType("PipelineId", str)
TaskId = NewType("TaskId", str)
ReservationId = NewType("ReservationId", str)
IntentId = NewType("IntentId", str)

#: Makes a new identifier (36 characters at most); injected so that a run can be repeated exactly.
IdSource = Callable[[], str]
