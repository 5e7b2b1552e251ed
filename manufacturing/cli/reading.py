"""The commands that look and ask. They change nothing, and work beside a running fleet as well as without one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from manufacturing.adapters.embedded import ServerInUse
from manufacturing.adapters.postgres import database, schema
from manufacturing.adapters.postgres.read_model import PipelineView, PlayerView, ReadModel
from manufacturing.cli import running, simulation, tables
from manufacturing.cli.console import CannotDo, out, print_json
from manufacturing.cli.report import Baseline, make_report, rendered
from manufacturing.cli.running import Run
from manufacturing.cli.servers import DATABASE, embedded_postgres
from manufacturing.cli.wording import change, credits, moment, share, short_id, signed_share
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.forecast_accuracy import ForecastAccuracy
from manufacturing.domain.forecast_learning import COVERAGE
from manufacturing.domain.player import PlayerStatus
from manufacturing.settings import Settings

#: How many decisions and ledger entries belong to a picture of one pipeline.
_SOME = 30


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The rows of one player."""

    model: ReadModel
    player: PlayerView
    now: datetime
    """Game time; of a universe that stands still, when it stopped."""
    run: Run | None
    """The `manufacturing up` of this home."""


def known_settings() -> tuple[Settings, Run | None]:
    """The settings, with the addresses of a running fleet's servers where none are configured."""
    settings = Settings.from_environment()
    run = running.find(settings.home)
    if run is not None:
        settings = replace(
            settings,
            database_url=settings.database_url or run.database_url,
            redis_url=settings.redis_url or run.redis_url,
        )
    return settings, run


@contextmanager
def opened_database(settings: Settings) -> Iterator[ReadModel]:
    """The database, if need be with the embedded server started for as long as this takes.

    Raises CannotDo when there is none, or when it has another schema.
    """
    with ExitStack() as stack:
        url = settings.database_url
        if url is None:
            url = stack.enter_context(_embedded_database(settings.home))
        # Two: rates are learned within a unit of work, and look for themselves.
        engine = database.connect(url, pool_size=2)
        stack.callback(engine.dispose)
        if not schema.is_current(engine):
            raise CannotDo(
                "The database has another schema than this version needs: `manufacturing up` (or `manufacturing "
                "universe`) brings it there."
            )
        yield ReadModel(engine)


@contextmanager
def _embedded_database(home: Path) -> Iterator[str]:
    if running.find(home) is not None:
        raise CannotDo("The running fleet uses a database of its own: set DATABASE_URL as it is set where that runs.")
    if not (home / "postgres").exists():
        raise CannotDo(
            f"Nothing has been played in {home} yet: start with `manufacturing up`. If your fleet has a database of "
            "its own, set DATABASE_URL; if it has another home, set MANUFACTURING_HOME."
        )
    try:
        with embedded_postgres(home) as server:
            yield server.url(DATABASE)
    except ServerInUse as error:
        raise CannotDo(f"The fleet is starting or ending just now: try again in a moment. ({error})") from error


@contextmanager
def opened_reading(wanted: str | None) -> Iterator[Reading]:
    """What is known of the player who is wanted, else of ``chosen_player``. CannotDo when there is nothing to read."""
    settings, run = known_settings()
    with opened_database(settings) as model:
        player = chosen_player(model, run) if wanted is None else named_player(model.players(), wanted)
        yield Reading(model=model, player=player, now=game_now(model, player, run), run=run)


def chosen_player(model: ReadModel, run: Run | None) -> PlayerView:
    """The player of the running fleet, else the one played last. CannotDo when there is none."""
    players = model.players()
    if run is not None:
        players = [player for player in players if player.id == run.player_id] or players
    alive = [player for player in players if player.status is not PlayerStatus.RESET]
    if not players:
        raise CannotDo("No player is enrolled yet: start with `manufacturing up`.")
    return (alive or players)[-1]


def named_player(players: Sequence[PlayerView], wanted: str) -> PlayerView:
    """The player of this number, or the newest of this name, one that is played before one that rests. CannotDo when
    there is none."""
    named = [player for player in players if wanted in (str(player.id), f"#{player.id}")]
    named = named or [player for player in players if player.agent_symbol == wanted.upper()]
    if not named:
        known = ", ".join(dict.fromkeys(player.agent_symbol for player in players)) or "nobody"
        raise CannotDo(f"There is no player {wanted} (known: {known}): `manufacturing player list` shows them all.")
    alive = [player for player in named if player.status is not PlayerStatus.RESET]
    return (alive or named)[-1]


def game_now(model: ReadModel, player: PlayerView, run: Run | None) -> datetime:
    """The player's game time; of a universe that stands still, when it stopped."""
    still = run is None or player.status is PlayerStatus.RESET
    if still and simulation.is_simulated(player.server_url):
        return model.latest_moment(player.id) or player.created_at
    scale = TimeScale.parse(player.time_scale) if player.time_scale else TimeScale.real()
    return scale.game_at(datetime.now(UTC))


def show_status(as_json: bool, player_wanted: str | None = None) -> None:
    """How things stand."""
    with opened_reading(player_wanted) as reading:
        model, player = reading.model, reading.player
        books = model.books(player.id)
        active = model.active_pipelines(player.id)
        ships = model.ships(player.id)
        calls = model.calls(player.id)
        told = {
            "agent": player.agent_symbol,
            "server": simulation.shown_server(player.server_url),
            "system": player.system_symbol,
            "status": player.status,
            "status_reason": player.status_reason,
            "running": reading.run is not None,
            "game_time": reading.now,
            "credits": player.credits,
            "credits_reserved": player.credits_reserved,
            "change": player.credits - player.start_credits,
            "books_balance": books.balance,
            "open_intents": books.open_intents,
            "pipelines_running": len(active),
            "ships": len(ships),
            "ships_at_work": sum(ship.task_type is not None for ship in ships),
            "api_calls": calls.total,
            "rejected_429": calls.rejected_429,
            "flower": reading.run.flower if reading.run else None,
            "simulator": reading.run.server if reading.run else None,
        }
    if as_json:
        print_json(told)
        return
    console = out()
    state = "running" if told["running"] else "no `manufacturing up` is running here"
    if player.status is not PlayerStatus.ACTIVE:
        state += f"; {player.agent_symbol} is {player.status}: {player.status_reason}"
    console.print(f"{player.agent_symbol} in {player.system_symbol}, {told['server']}: {state}")
    console.print(f"game time   {moment(reading.now)}")
    console.print(f"credits     {credits(player.credits)} ({change(player.credits - player.start_credits)} in all)")
    balance = "accounts for every credit" if books.balance else "does not add up to the credits: see doctor"
    console.print(f"ledger      {balance}, {books.open_intents} trades open")
    console.print(f"pipelines   {len(active)} running")
    console.print(f"ships       {told['ships_at_work']} of {len(ships)} at work")
    console.print(f"API calls   {calls.total:,}, {calls.rejected_429} answered 429")
    if reading.run is not None:
        console.print(f"Flower      {reading.run.flower}")
        console.print(f"server      {reading.run.server}")


def show_pipelines(every: bool, as_json: bool, player_wanted: str | None = None) -> None:
    """What is being made, and with ``every`` what was."""
    with opened_reading(player_wanted) as reading:
        found = reading.model.active_pipelines(reading.player.id)
        if every:
            found += reading.model.ended_pipelines(reading.player.id, limit=1000)
    if as_json:
        print_json(found)
    elif found:
        out().print(tables.pipelines(found, reading.now))
    else:
        out().print("No pipeline is running." if not every else "There has been no pipeline yet.")


def show_pipeline(prefix: str, as_json: bool, player_wanted: str | None = None) -> None:
    """One pipeline, whole."""
    with opened_reading(player_wanted) as reading:
        model, player = reading.model, reading.player
        pipeline = _pipeline(reading, prefix)
        tasks = model.tasks_of(pipeline.id)
        factories = model.factories_of(pipeline.id)
        entries = model.ledger(player.id, limit=1000, pipeline_id=pipeline.id)
        subjects = [pipeline.id, *(task.id for task in tasks)]
        decisions = model.decisions_about(player.id, subjects, _SOME)
    if as_json:
        print_json(
            {
                **_as_dict(pipeline),
                "tasks_in_sequence": tasks,
                "factories": factories,
                "ledger": entries,
                "ledger_sum": sum(entry.amount for entry in entries),
                "decisions": decisions,
            }
        )
        return
    console = out()
    console.print(Text(f"pipeline {pipeline.id}", style="bold"))
    console.print(tables.pipelines([pipeline], reading.now))
    for table in (
        tables.tasks(tasks, title="\nTasks"),
        tables.factories(factories, title="\nFactories"),
        tables.ledger(entries[:_SOME], title="\nLedger"),
    ):
        console.print(table)
    console.print(f"sum of {len(entries)} ledger entries: {change(sum(entry.amount for entry in entries))}")
    console.print(tables.decisions(decisions, title="\nDecisions, the newest first"))


def show_ships(as_json: bool, player_wanted: str | None = None) -> None:
    """The fleet."""
    with opened_reading(player_wanted) as reading:
        found = reading.model.ships(reading.player.id)
    if as_json:
        print_json(found)
    else:
        out().print(tables.ships(found, reading.now))


def show_ledger(
    limit: int, good: str | None, pipeline: str | None, as_json: bool, player_wanted: str | None = None
) -> None:
    """The newest entries of the ledger."""
    with opened_reading(player_wanted) as reading:
        pipeline_id = _pipeline(reading, pipeline).id if pipeline is not None else None
        wanted = good.upper() if good is not None else None
        found = reading.model.ledger(reading.player.id, limit=limit, good=wanted, pipeline_id=pipeline_id)
    if as_json:
        print_json(found)
    elif found:
        out().print(tables.ledger(found))
        out().print(f"sum of these {len(found)}: {change(sum(entry.amount for entry in found))}")
    else:
        out().print("There is no such entry.")


def show_forecasts(limit: int, as_json: bool, player_wanted: str | None = None) -> None:
    """What completed pipelines were expected to earn, and what they earned."""
    with opened_reading(player_wanted) as reading:
        found = reading.model.forecasts(reading.player.id)
    accuracy = ForecastAccuracy.of([view.comparison for view in found])
    if as_json:
        print_json({"accuracy": accuracy, "forecasts": found})
        return
    if not found:
        out().print("No pipeline has been completed yet.")
        return
    console = out()
    console.print(tables.forecasts(found[:limit]))
    console.print(tables.accuracy_by_good(accuracy, title="\nBy product"))
    console.print(f"\nforecast and actual  {accuracy.with_both:,} of {accuracy.completed:,} completed pipelines")
    console.print(f"in all               {credits(accuracy.estimated)} expected, {credits(accuracy.actual)} earned")
    console.print(f"median error         {share(accuracy.median_error)} (bias {signed_share(accuracy.bias)})")
    console.print(f"intervals that held  {share(accuracy.coverage)} (aim: {COVERAGE:.0%})")


def show_why(subject: str, limit: int, as_json: bool, player_wanted: str | None = None) -> None:
    """What was decided about a ship, good, factory, pipeline or task."""
    with opened_reading(player_wanted) as reading:
        subjects = _subjects(reading, subject)
        found = reading.model.decisions_about(reading.player.id, subjects, limit)
    if as_json:
        print_json(found)
    elif found:
        out().print(tables.decisions(found))
    else:
        out().print(f"Nothing was decided about {subject} yet. Ships, goods, factories, pipelines and tasks are known.")


def show_report(everything: bool, as_json: bool, player_wanted: str | None = None) -> None:
    """The figures of the present run, or of all."""
    with opened_reading(player_wanted) as reading:
        baseline = Baseline.of_everything(reading.player)
        begun = reading.run.baseline_of(reading.player.id) if reading.run is not None else None
        if begun is not None and not everything:
            baseline = Baseline.from_told(begun)
        report = make_report(
            reading.model.engine,
            reading.player,
            baseline,
            server=simulation.shown_server(reading.player.server_url),
            credits=reading.player.credits,
            now=reading.now,
        )
    if as_json:
        print_json(report)
    else:
        out().print(rendered(report))


def _pipeline(reading: Reading, prefix: str) -> PipelineView:
    found = reading.model.pipelines_like(reading.player.id, prefix.lower())
    if not found:
        raise CannotDo(f"There is no pipeline {prefix}: `manufacturing pipelines --all` lists them.")
    if len(found) > 1:
        some = ", ".join(short_id(pipeline.id) for pipeline in found[:5])
        raise CannotDo(f"Several pipelines begin with {prefix}: {some}. Give more of the id.")
    return found[0]


def _subjects(reading: Reading, subject: str) -> list[str]:
    """What decisions may have been written about when somebody says ``subject``."""
    exact = [subject, subject.upper()]
    # A pipeline also speaks for its tasks.
    pipelines = [pipeline.id for pipeline in reading.model.pipelines_like(reading.player.id, subject.lower())]
    tasks = [task.id for task in reading.model.tasks_like(reading.player.id, subject.lower())]
    of_pipelines = [task.id for pipeline_id in pipelines for task in reading.model.tasks_of(pipeline_id)]
    return [*exact, *pipelines, *tasks, *of_pipelines]


def _as_dict(pipeline: PipelineView) -> dict[str, object]:
    return {name: getattr(pipeline, name) for name in PipelineView.__slots__}
