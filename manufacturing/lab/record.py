"""RunRecord: what is kept of an experiment, to compare it with others and to draw it."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import Engine, select

from manufacturing.adapters.postgres import tables
from manufacturing.adapters.postgres.read_model import rows
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.lab.experiment import Experiment

#: How often, in game time, a run is looked at for its plots.
SAMPLING: Final = timedelta(minutes=15)

_ships = tables.ships.c
_pipelines = tables.manufacturing_pipelines.c
_tasks = tables.manufacturing_tasks.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at a run."""

    hours: float
    """Since the run began."""
    credits: int
    haulers: int
    busy_haulers: int
    calls: dict[str, int]
    """API calls since the beginning, by purpose."""
    supply: str
    """The supply level of each factory output as the game has it, whether seen by us or not: a digit each, from 0 for
    SCARCE to 4 for ABUNDANT, in the order of ``RunRecord.factories``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """What a ship did for a pipeline, from when to when, in hours since the run began."""

    task: str
    ship: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRecord:
    """A pipeline's life, in hours since the run began."""

    id: str
    product: str
    kind: str
    status: str
    began: float
    ended: float
    spells: list[Spell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """An experiment that has ended."""

    candidate: str
    seed: int
    hours: float
    report: dict[str, Any]
    """As the commands print it."""
    factories: list[str]
    """Factory outputs as ``waypoint good``."""
    samples: list[Sample]
    pipelines: list[PipelineRecord]
    wall_seconds: float

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> Self:
        """The record that ``told`` describes. TypeError or KeyError when it is none."""
        pipelines = [
            PipelineRecord(**{**pipeline, "spells": [Spell(**spell) for spell in pipeline["spells"]]})
            for pipeline in told["pipelines"]
        ]
        samples = [Sample(**sample) for sample in told["samples"]]
        return cls(**{**told, "samples": samples, "pipelines": pipelines})


class Recorder:
    """Looks at an experiment every quarter of an hour. Make it before the experiment runs."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._began = experiment.clock.now()
        self._wall_began = time.monotonic()
        self._samples: list[Sample] = []
        universe = experiment.game.universe
        home = universe.state.places[universe.state.headquarters].system
        self._outputs = sorted(
            (place.symbol, listing.good)
            for place in universe.state.places.values()
            if place.system == home and place.market is not None
            for listing in place.market.listings.values()
            if listing.type is ListingType.EXPORT
        )
        experiment.watch(SAMPLING, self._look)

    def record(self, candidate: str) -> RunRecord:
        """What came of the experiment until now."""
        self._look()
        now = self._experiment.clock.now()
        return RunRecord(
            candidate=candidate,
            seed=self._experiment.setup.seed,
            hours=self._hours(now),
            report=asdict(self._experiment.report()),
            factories=[f"{waypoint} {good}" for waypoint, good in self._outputs],
            samples=list(self._samples),
            pipelines=self._pipelines(self._experiment.engine, now),
            wall_seconds=round(time.monotonic() - self._wall_began, 1),
        )

    def _look(self) -> None:
        haulers, busy = self._haulers()
        universe = self._experiment.game.universe
        universe.advance(self._experiment.clock.now())
        levels = ""
        for waypoint, good in self._outputs:
            market = universe.market(universe.state.places[waypoint])
            levels += str(market.listings[good].supply.rank) if market is not None else str(Supply.SCARCE.rank)
        (agent,) = universe.state.agents.values()
        self._samples.append(
            Sample(
                hours=self._hours(self._experiment.clock.now()),
                credits=agent.credits,
                haulers=haulers,
                busy_haulers=busy,
                calls=self._experiment.calls_so_far(),
                supply=levels,
            )
        )

    def _haulers(self) -> tuple[int, int]:
        statement = select(_ships.container_id).where(
            _ships.player_id == self._experiment.player_id, _ships.cargo_capacity > 0
        )
        haulers = rows(self._experiment.engine, statement)
        return len(haulers), sum(ship["container_id"] is not None for ship in haulers)

    def _pipelines(self, engine: Engine, now: datetime) -> list[PipelineRecord]:
        spells: dict[str, list[Spell]] = {}
        worked = select(_tasks.pipeline_id, _tasks.type, _tasks.ship_symbol, _tasks.assigned_at, _tasks.ended_at).where(
            _tasks.player_id == self._experiment.player_id,
            _tasks.assigned_at.is_not(None),
            _tasks.ship_symbol.is_not(None),
            _tasks.pipeline_id.is_not(None),
        )
        for row in rows(engine, worked.order_by(_tasks.assigned_at, _tasks.id)):
            spells.setdefault(row["pipeline_id"], []).append(
                Spell(
                    task=str(row["type"]),
                    ship=row["ship_symbol"],
                    began=self._hours(row["assigned_at"]),
                    ended=self._hours(row["ended_at"] or now),
                )
            )
        listed = select(
            _pipelines.id,
            _pipelines.product_good,
            _pipelines.kind,
            _pipelines.status,
            _pipelines.created_at,
            _pipelines.ended_at,
        ).where(_pipelines.player_id == self._experiment.player_id)
        return [
            PipelineRecord(
                id=row["id"],
                product=row["product_good"],
                kind=str(row["kind"]),
                status=str(row["status"]),
                began=self._hours(row["created_at"]),
                ended=self._hours(row["ended_at"] or now),
                spells=spells.get(row["id"], []),
            )
            for row in rows(engine, listed.order_by(_pipelines.created_at, _pipelines.id))
        ]

    def _hours(self, moment: datetime) -> float:
        return round((moment - self._began).total_seconds() / 3600, 4)
