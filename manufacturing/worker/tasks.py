"""The tasks, by queue. Messages are hints: each task asks the database whether there is anything to do."""

from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.worker.app import app, fleet


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
    for player in fleet().orchestrator.active_players():
        fleet().orchestrator.scan_markets(player)


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
    for player in fleet().orchestrator.active_players():
        fleet().orchestrator.coordinate(player.id)
        fleet().orchestrator.look_for_opportunities(player.id)


@app.task(name="manufacturing.recover", queue="control")
def recover() -> None:
    """Puts right what crashes left behind."""
    for player in fleet().orchestrator.active_players():
        fleet().orchestrator.recover(player)


@app.task(name="manufacturing.expire_reservations", queue="control")
def expire_reservations() -> None:
    """Ends the pipelines whose factories saw no progress for too long."""
    for player in fleet().orchestrator.active_players():
        fleet().orchestrator.expire_reservations(player.id)


@app.task(name="manufacturing.store_usage", queue="control")
def store_usage() -> None:
    """Stores the API calls counted in Redis."""
    fleet().usage.store()


@app.task(name="manufacturing.reconcile", queue="control")
def reconcile() -> None:
    """Compares our credits with the server's."""
    for player in fleet().orchestrator.active_players():
        fleet().orchestrator.reconcile(player)
