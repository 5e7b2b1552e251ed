"""Sixteen processes want one task for their ships, and one ship for their tasks, again and again."""

from collections import Counter

from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.player import Player
from tests.postgres.builders import a_pipeline, a_ready_task
from tests.races import contenders
from tests.races.conftest import PROCESSES, Race
from tests.races.contenders import Open
from tests.races.results import announce, broken, conflicts


def test_n_workers_one_winner_every_time(race: Race, uow: Open, player: Player, rounds: int) -> None:
    pipeline = a_pipeline(player)
    wanted, *own = [a_ready_task(pipeline) for _ in range(1 + PROCESSES)]
    with uow() as work:
        work.pipelines.add(pipeline)
        for task in (wanted, *own):
            work.tasks.add(task)
        work.commit()
    tallies = race(contenders.claim_tasks, rounds, each=lambda number: (wanted.id, own[number].id))
    won = Counter(prize for tally in tallies for prize in tally.won)
    announce(f"Tasks, {rounds} rounds for one task and {rounds} for one ship", tallies)
    print(f"  {'rounds with one winner':28} {sum(times == 1 for times in won.values()):>8,}")
    assert broken(tallies) == []
    assert conflicts(tallies) == [], "no deadlock, and nothing stale"
    assert won == {(what, number): 1 for what in ("the task", "the ship") for number in range(rounds)}
    with uow() as work:
        assert {task.status for task in work.tasks.of_pipeline(pipeline.id)} == {TaskStatus.READY}
