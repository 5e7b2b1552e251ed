"""The plan's picture and the code agree."""

import ast
import inspect
from pathlib import Path

import pytest

from manufacturing import services
from manufacturing.services.manufacturing_orchestrator import ManufacturingOrchestrator
from manufacturing.services.pipeline_lifecycle_service import PipelineLifecycleService
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.ship_prepositioning_service import ShipPrePositioningService
from manufacturing.services.task_assignment_service import TaskAssignmentService

ROOT = Path(__file__).parent.parent

#: The interfaces of the plan, in this language's spelling.
INTERFACES: dict[type, tuple[str, ...]] = {
    TaskAssignmentService: (
        "assign_ready_tasks",
        "assign_ship_to_task",
        "reassign_freed_ship",
        "get_assigned_tasks",
    ),
    ShipPrePositioningService: (
        "predict_next_task",
        "calculate_optimal_idle_position",
        "pre_position_ship",
        "get_ship_eta",
    ),
    PipelineLifecycleService: (
        "create_pipelines_from_opportunities",
        "handle_task_completion",
        "get_active_pipelines",
        "has_pipeline_for_good",
        "recover_state",
    ),
    ShipDispatchService: (
        "get_idle_ships",
        "assign_ship_to_container",
        "release_ship",
        "is_ship_available",
    ),
    SharedResourceCoordinator: (
        "reserve_factory",
        "release_reservation",
        "is_factory_available",
        "get_active_reservations",
        "add_to_pool",
        "reserve_from_pool",
        "consume_reservation",
        "get_pool_availability",
        "expire_stale_reservations",
    ),
}


@pytest.mark.parametrize(
    ("service", "method"), [(service, method) for service, methods in INTERFACES.items() for method in methods]
)
def test_a_service_has_the_methods_of_the_plan(service: type, method: str) -> None:
    found = getattr(service, method, None)
    assert callable(found)
    assert inspect.getdoc(found), f"{service.__name__}.{method} does not say what it does"


def test_the_orchestrator_is_thin() -> None:
    lines = Path(inspect.getfile(ManufacturingOrchestrator)).read_text(encoding="utf-8").count("\n")
    assert lines < 300


@pytest.mark.parametrize(
    "box",
    [
        "task_assignment_service",
        "ship_dispatch_service",
        "pipeline_lifecycle_service",
        "shared_resource_coordinator",
        "manufacturing_orchestrator",
    ],
)
def test_a_box_of_the_plan_is_found_by_its_file_name(box: str) -> None:
    source = Path(services.__path__[0]) / f"{box}.py"
    name = "".join(word.capitalize() for word in box.split("_"))
    classes = [node.name for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef)]
    assert name in classes


@pytest.mark.parametrize(
    "entity",
    ["manufacturing_pipeline", "manufacturing_task", "factory_state", "factory_reservation", "intermediate_good_pool"],
)
def test_an_entity_of_the_plan_is_found_by_its_file_name(entity: str) -> None:
    assert (ROOT / "manufacturing" / "domain" / f"{entity}.py").exists()


_CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
}


@pytest.mark.parametrize("layer", ["domain", "services"])
def test_no_rule_and_no_service_reads_a_clock_of_its_own_or_sleeps(layer: str) -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "manufacturing" / layer).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CLOCKS
    ]
    assert offences == []


def test_every_module_of_domain_and_services_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for layer in ("domain", "services", "worker")
        for path in (ROOT / "manufacturing" / layer).rglob("*.py")
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []
