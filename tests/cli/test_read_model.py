"""What the screen and the commands read."""

from sqlalchemy import Engine

from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.domain.decision import ApiUsage, DecisionKind
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskDependency, TaskStatus, TaskType
from manufacturing.domain.player import Player
from tests.postgres.builders import (
    MINUTE,
    NOW,
    a_factory_state,
    a_pipeline,
    a_player,
    a_ship,
    a_task,
    a_task_with_ship,
    an_entry,
    an_intent,
)
from tests.postgres.opening import Open


def test_a_pipeline_shows_its_profit_and_how_many_of_its_tasks_have_ended(
    uow: Open, model: ReadModel, player: Player
) -> None:
    pipeline = a_pipeline(player, product_good="MACHINERY", estimated_profit=9_000)
    bought, selling = a_task(pipeline), a_task(pipeline, type=TaskType.SELL, sequence=1)
    with uow() as work:
        work.pipelines.add(pipeline)
        work.tasks.add(bought)
        work.tasks.add(selling)
        bought.cancel("no source", NOW)
        work.ledger.add(an_entry(player, pipeline_id=pipeline.id, amount=-500))
        work.ledger.add(an_entry(player, pipeline_id=pipeline.id, kind=EntryKind.SALE, amount=1_200))
        work.ledger.add(an_entry(player, kind=EntryKind.SALE, amount=77))
        work.commit()

    (shown,) = model.active_pipelines(player.id)

    assert (shown.product_good, shown.profit, shown.estimated_profit) == ("MACHINERY", 700, 9_000)
    assert (shown.tasks_ended, shown.tasks) == (1, 2)


def test_ended_pipelines_are_listed_newest_first_and_apart_from_active_ones(
    uow: Open, model: ReadModel, player: Player
) -> None:
    early, late, running = a_pipeline(player), a_pipeline(player), a_pipeline(player)
    with uow() as work:
        for pipeline in (early, late, running):
            work.pipelines.add(pipeline)
        early.fail("no sink", NOW)
        late.cancel("expired", NOW + MINUTE)
        work.commit()

    assert [shown.id for shown in model.ended_pipelines(player.id)] == [late.id, early.id]
    assert [shown.id for shown in model.ended_pipelines(player.id, NOW + MINUTE)] == [late.id]
    assert [shown.id for shown in model.active_pipelines(player.id)] == [running.id]
    assert model.ended_pipelines(player.id)[1].status is PipelineStatus.FAILED


def test_a_pipeline_is_found_by_the_beginning_of_its_id_and_wildcards_mean_nothing(
    uow: Open, model: ReadModel, player: Player
) -> None:
    with uow() as work:
        work.pipelines.add(a_pipeline(player, id="abc-1"))
        work.pipelines.add(a_pipeline(player, id="abd-2"))
        work.commit()

    assert [shown.id for shown in model.pipelines_like(player.id, "abc")] == ["abc-1"]
    assert len(model.pipelines_like(player.id, "ab")) == 2
    assert model.pipelines_like(player.id, "%") == []


def test_tasks_come_with_what_they_wait_for_and_what_they_moved(uow: Open, model: ReadModel, player: Player) -> None:
    pipeline = a_pipeline(player)
    buy, deliver = a_task(pipeline), a_task(pipeline, type=TaskType.DELIVER, sequence=1)
    with uow() as work:
        work.pipelines.add(pipeline)
        work.tasks.add(buy)
        work.tasks.add(deliver)
        work.flush()
        work.tasks.add_dependencies([TaskDependency(task_id=deliver.id, depends_on=buy.id, same_ship=True)])
        work.ledger.add(an_entry(player, task_id=buy.id, amount=-340))
        work.factories.add(a_factory_state(pipeline, polls=4))
        work.commit()

    first, second = model.tasks_of(pipeline.id)
    assert (first.depends_on, first.amount) == ((), -340)
    assert (second.depends_on, second.amount) == ((buy.id,), 0)
    (factory,) = model.factories_of(pipeline.id)
    assert (factory.output_good, factory.polls, factory.required_inputs) == ("MACHINERY", 4, ["IRON"])


def test_ships_come_in_the_order_of_the_game_with_their_task_and_its_reason(
    uow: Open, model: ReadModel, player: Player
) -> None:
    pipeline = a_pipeline(player, product_good="MACHINERY")
    task = a_task_with_ship(pipeline, "AGENT-2", good="IRON")
    with uow() as work:
        work.pipelines.add(pipeline)
        work.tasks.add(task)
        for symbol in ("AGENT-10", "AGENT-2", "AGENT-1"):
            work.ships.add(a_ship(player, symbol))
        work.flush()
        work.ships.get(player.id, "AGENT-2").work_for(task.id)
        work.ships.get(player.id, "AGENT-1").stand_idle(NOW)
        for symbol in ("AGENT-1", "AGENT-2"):
            work.decisions.note(player.id, DecisionKind.ASSIGN, symbol, "ACQUIRE IRON", NOW)
        work.commit()

    one, two, ten = model.ships(player.id)

    assert [ship.symbol for ship in (one, two, ten)] == ["AGENT-1", "AGENT-2", "AGENT-10"]
    assert (two.task_type, two.task_good, two.product_good) == (TaskType.ACQUIRE, "IRON", "MACHINERY")
    assert two.reason == "ACQUIRE IRON"
    assert (one.task_type, one.idle_since) == (None, NOW)
    assert one.reason is None, "why it had its last task does not tell why it is idle"


def test_the_books_tell_when_the_ledger_does_not_account_for_the_credits(
    uow: Open, model: ReadModel, player: Player
) -> None:
    with uow() as work:
        work.ledger.add(an_entry(player, amount=-500))
        work.players.move_credits(player.id, amount=-500, released=0)
        work.ships.add(a_ship(player, "AGENT-1"))
        work.intents.add(an_intent(player))
        work.commit()
    books = model.books(player.id)
    assert (books.credits, books.ledger_total, books.open_intents, books.balance) == (99_500, -500, 1, True)
    assert len(model.open_intents(player.id)) == 1

    with uow() as work:
        work.players.move_credits(player.id, amount=3, released=0)
        work.commit()
    assert not model.books(player.id).balance


def test_the_ledger_is_read_newest_first_by_good_and_from_a_number_on(
    uow: Open, model: ReadModel, player: Player
) -> None:
    with uow() as work:
        for good in ("IRON", "COPPER", "IRON"):
            work.ledger.add(an_entry(player, good=good))
        work.commit()

    newest, middle, oldest = model.ledger(player.id, limit=10)
    assert newest.id > middle.id > oldest.id
    assert model.last_ledger_id(player.id) == newest.id
    assert [entry.id for entry in model.ledger(player.id, limit=10, good="IRON")] == [newest.id, oldest.id]
    assert [entry.id for entry in model.ledger(player.id, limit=1)] == [newest.id]


def test_calls_are_summed_by_purpose(uow: Open, model: ReadModel, player: Player) -> None:
    def count(purpose: str, endpoint: str, calls: int, rejected: int = 0) -> ApiUsage:
        return ApiUsage(
            player_id=player.id, hour=NOW, purpose=purpose, endpoint=endpoint, calls=calls, rejected_429=rejected
        )

    assert model.calls(player.id).total == 0
    with uow() as work:
        work.usage.add([count("TRADE", "a", 3), count("TRADE", "b", 4, 1), count("SCAN", "c", 5)])
        work.commit()

    calls = model.calls(player.id)
    assert calls.by_purpose == {"SCAN": 5, "TRADE": 7}
    assert (calls.total, calls.rejected_429) == (12, 1)


def test_nothing_of_another_player_is_shown(uow: Open, engine: Engine, model: ReadModel, player: Player) -> None:
    other = a_player()
    with uow() as work:
        work.players.add(other)
        pipeline = a_pipeline(other)
        work.pipelines.add(pipeline)
        work.tasks.add(a_task(pipeline, status=TaskStatus.READY))
        work.ships.add(a_ship(other))
        work.ledger.add(an_entry(other))
        work.decisions.note(other.id, DecisionKind.PARK, "IRON", "too dear", NOW)
        work.commit()

    assert model.active_pipelines(player.id) == []
    assert model.pipelines_like(player.id, "") == []
    assert model.ships(player.id) == []
    assert model.ledger(player.id, limit=5) == []
    assert model.decisions_about(player.id, ["IRON"], 5) == []
    assert model.latest_moment(player.id) is None
    assert model.latest_moment(other.id) == NOW
    assert [shown.id for shown in model.players()] == [player.id, other.id]


def test_decisions_about_several_things_come_newest_first(uow: Open, model: ReadModel, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.PARK, "task-1", "too dear", NOW)
        work.decisions.note(player.id, DecisionKind.PARK, "task-1", "too dear", NOW + MINUTE)
        work.decisions.note(player.id, DecisionKind.SKIP, "IRON", "no plan", NOW + 2 * MINUTE)
        work.commit()

    newest, older = model.decisions_about(player.id, ["task-1", "IRON"], 10)
    assert (newest.subject, older.subject, older.times) == ("IRON", "task-1", 2)
    recent = model.decisions_since(player.id, NOW + MINUTE, [DecisionKind.PARK])
    assert [decision.subject for decision in recent] == ["task-1"]
