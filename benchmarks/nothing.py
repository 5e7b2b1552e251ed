"""A task that does nothing, for a worker to be measured against (`benchmarks.celery_steps`)."""

from manufacturing.worker.app import app


@app.task(name="benchmarks.nothing", queue="ships")
def nothing(task_id: str, version: int) -> None:
    """Takes what the real task takes."""
