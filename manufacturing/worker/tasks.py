"""The tasks, by queue. Messages are hints: each task asks the database whether there is anything to do."""

import logging
from collections.abc import Callable

from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.domain.player import Player
from manufacturing.services.manufacturing_orchestrator import ManufacturingOrchestrator
from manufacturing.worker.app import app, fleet

log = logging.getLogger(__name__)


def _for_every_player(do: Callable[[ManufacturingOrchestrator, Player], object]) -> None:
    """Does it for each player whose fleet works; what fails for one is done for the others, and raised in the end."""
    failed: list[Exception] = []
    orchestrator = fleet().orchestrator
    for player in orchestrator.active_players():
        try:
            do(orchestrator, player)
        except Exception as error:
            log.warning("for %s: %s", player.agent_symbol, error)
            failed.append(error)
    if failed:
        raise failed[0]


@app.task(name="manufacturing.fly", queue="ships")
def fly(task_id: str, version: int) -> None:
    """Flies a task's ship for one step."""
    fleet().ship_tasks.run_step(TaskId(task_id), version)


@app.task(name="manufacturing.poll", queue="polls")
def poll(factory_state_id: str, version: int) -> None:
    """Looks at a factory's output, if that is still due."""
    fleet().supply_monitor.run(factory_state_id, version)


@app.task(name="manufacturing.scan", queue="polls")
def scan() -> None:
    """Reads the markets where ships are."""
    _for_every_player(lambda orchestrator, player: orchestrator.scan_markets(player))


@app.task(name="manufacturing.sweep", queue="control")
def sweep() -> None:
    """Brings back what is due."""
    fleet().due_queue.sweep()


@app.task(name="manufacturing.coordinate", queue="control")
def coordinate(player_id: int, again: bool = True) -> None:
    """Opens gates and gives ready tasks to free ships; once more a moment later when somebody else is just at it."""
    if not fleet().orchestrator.coordinate(PlayerId(player_id)) and again:
        coordinate.apply_async(args=(player_id,), kwargs={"again": False}, countdown=0.3)


@app.task(name="manufacturing.pipeline_ended", queue="control")
def pipeline_ended(player_id: int, pipeline_id: str) -> None:
    """A pipeline's factories are free."""
    fleet().orchestrator.pipeline_ended(PlayerId(player_id), PipelineId(pipeline_id))


@app.task(name="manufacturing.tick", queue="control")
def tick() -> None:
    """What would happen anyway if every event had been lost."""

    def look(orchestrator: ManufacturingOrchestrator, player: Player) -> None:
        orchestrator.coordinate(player.id)
        orchestrator.look_for_opportunities(player.id)

    _for_every_player(look)


@app.task(name="manufacturing.recover", queue="control")
def recover() -> None:
    """Puts right what crashes left behind."""
    _for_every_player(lambda orchestrator, player: orchestrator.recover(player))


@app.task(name="manufacturing.expire_reservations", queue="control")
def expire_reservations() -> None:
    """Ends the pipelines whose factories saw no progress for too long."""
    _for_every_player(lambda orchestrator, player: orchestrator.expire_reservations(player.id))


@app.task(name="manufacturing.store_usage", queue="control")
def store_usage() -> None:
    """Stores the API calls counted in Redis."""
    fleet().usage.store()


@app.task(name="manufacturing.reconcile", queue="control")
def reconcile() -> None:
    """Compares our credits with the server's."""
    _for_every_player(lambda orchestrator, player: orchestrator.reconcile(player))
