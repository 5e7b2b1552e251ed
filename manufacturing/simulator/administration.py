"""What only the owner of a simulator may ask of it, over HTTP under ``/admin`` and only when switched on.

``GET/PUT/DELETE /admin/faults`` shows, sets and clears the plan of faults, ``POST /admin/reset`` begins the universe
anew, ``POST /admin/snapshot`` with ``{"file": …}`` saves it.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from manufacturing.simulator import codec
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.durability import write_snapshot
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.faults import BadFaultPlan, FaultPlan, parse_faults
from manufacturing.simulator.messages import JSON_HEADERS, Request, Response, Text, check_body, read_body, refuse


class Administration:
    """Serves the ``/admin`` paths."""

    def __init__(self, dispatcher: Dispatcher, faults: FaultPlan) -> None:
        self._dispatcher = dispatcher
        self._faults = faults
        self._operations: dict[tuple[str, str], Callable[[Request, datetime], Any]] = {
            ("GET", "/admin/faults"): self._show_faults,
            ("PUT", "/admin/faults"): self._set_faults,
            ("DELETE", "/admin/faults"): self._clear_faults,
            ("POST", "/admin/reset"): self._reset,
            ("POST", "/admin/snapshot"): self._snapshot,
        }

    def handle(self, request: Request, now: datetime) -> Response:
        """Answers a call under ``/admin``."""
        operation = self._operations.get((request.method, request.path))
        try:
            if operation is None:
                raise Refusal(Code.NOT_FOUND, f"There is no {request.method} {request.path}.")
            answer = operation(request, now)
        except Refusal as refusal:
            return refuse(refusal)
        return Response(200, JSON_HEADERS, codec.encode({"data": answer}))

    def _show_faults(self, _request: Request, _now: datetime) -> Any:
        return self._faults.report()

    def _set_faults(self, request: Request, _now: datetime) -> Any:
        try:
            self._faults.replace(parse_faults(orjson.loads(request.body)))
        except (BadFaultPlan, orjson.JSONDecodeError) as error:
            raise Refusal(Code.BAD_INPUT, str(error)) from error
        return self._faults.report()

    def _clear_faults(self, _request: Request, _now: datetime) -> Any:
        self._faults.replace([])
        return []

    def _reset(self, _request: Request, now: datetime) -> Any:
        return {"resetDate": self._dispatcher.reset(now)}

    def _snapshot(self, request: Request, now: datetime) -> Any:
        given = read_body(request.body, "application/json", strict=False)
        path = Path(check_body(given, {"file": Text()}, strict=False)["file"])
        self._dispatcher.universe.advance(now)
        try:
            write_snapshot(self._dispatcher.universe, path)
        except OSError as error:
            raise Refusal(Code.BAD_INPUT, f"The snapshot cannot be written: {error}") from error
        return {"file": str(path)}
