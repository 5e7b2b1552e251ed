"""Feature coverage: which public methods of the plan's services a scenario exercises.

``make features`` runs every scenario, notes which methods of the services each one called, and writes that down beside
this module; reports compare it with the methods there are now.
"""

import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

#: The plan's services, by the module each is in.
SERVICES: Final = {
    "ManufacturingOrchestrator": "manufacturing_orchestrator",
    "TaskAssignmentService": "task_assignment_service",
    "PipelineLifecycleService": "pipeline_lifecycle_service",
    "ShipDispatchService": "ship_dispatch_service",
    "SharedResourceCoordinator": "shared_resource_coordinator",
    "ProfitabilityService": "profitability_service",
    "PredictiveSupplyMonitor": "predictive_supply_monitor",
    "ShipPrePositioningService": "ship_prepositioning_service",
}
#: What the last run of all scenarios wrote: service → method → the scenarios that called it, by feature file.
RECORD: Final = Path(__file__).with_name("feature_coverage.json")

#: How many scenarios are written down for one method.
_SOME: Final = 3

Calls = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Of the methods there are now."""

    methods: int
    exercised: int
    missing: tuple[str, ...]
    """Methods that no scenario calls, as ``Service.method``."""
    not_built: tuple[str, ...]
    """Services of the plan that do not exist."""

    @property
    def share(self) -> float:
        """From 0 to 1; a service that does not exist counts as nothing exercised."""
        known = self.exercised / self.methods if self.methods else 0.0
        return known * (1 - len(self.not_built) / len(SERVICES))


def coverage() -> Coverage:
    """How the recorded scenarios cover the services as they are."""
    record: Calls = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    methods = 0
    missing: list[str] = []
    not_built: list[str] = []
    for name in SERVICES:
        service = find_service(name)
        if service is None:
            not_built.append(name)
            continue
        public = public_methods(service)
        methods += len(public)
        missing += [f"{name}.{method}" for method in public if not record.get(name, {}).get(method)]
    return Coverage(
        methods=methods, exercised=methods - len(missing), missing=tuple(missing), not_built=tuple(not_built)
    )


def find_service(name: str) -> type | None:
    """The class of one of the plan's services; None when there is none yet."""
    try:
        module = importlib.import_module(f"manufacturing.services.{SERVICES[name]}")
    except ModuleNotFoundError:
        return None
    found = getattr(module, name, None)
    return found if isinstance(found, type) else None


def public_methods(service: type) -> list[str]:
    """The names of what others may call on it, in the order of its source."""
    return [
        name
        for name, member in vars(service).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, staticmethod | classmethod))
    ]


class CallRecorder:
    """Notes which scenario calls which method of the plan's services, while the scenarios run."""

    def __init__(self) -> None:
        self._calls: Calls = {}
        self._scenario: str | None = None

    def install(self) -> None:
        """Puts a note before every public method of every service."""
        for name in SERVICES:
            service = find_service(name)
            if service is None:
                continue
            for method in public_methods(service):
                member = inspect.getattr_static(service, method)
                if inspect.isfunction(member):
                    setattr(service, method, self._noted(name, method, member))

    def begin(self, scenario: str) -> None:
        """From now on calls are this scenario's."""
        self._scenario = scenario

    def write(self) -> None:
        """Writes down some scenarios for each method, those of the service's own feature first."""
        ordered = {
            service: {
                method: sorted(set(scenarios), key=lambda name: (SERVICES[service] not in name, name))[:_SOME]
                for method, scenarios in sorted(methods.items())
            }
            for service, methods in sorted(self._calls.items())
        }
        RECORD.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def _noted(self, service: str, method: str, original: Callable[..., Any]) -> Callable[..., Any]:
        scenarios = self._calls.setdefault(service, {}).setdefault(method, [])

        def noted(*arguments: Any, **named: Any) -> Any:
            if self._scenario is not None and self._scenario not in scenarios[-1:]:
                scenarios.append(self._scenario)
            return original(*arguments, **named)

        noted.__name__, noted.__doc__ = original.__name__, original.__doc__
        return noted
