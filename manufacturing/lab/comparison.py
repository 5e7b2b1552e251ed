"""Comparison: candidates side by side on the same seeds (docs/lab.md, "Two policies side by side").

Each run is stored when it has ended, under a name that follows from everything it depends on: the code, the policy, the
fleet, the seed, the hours and the recorded system. A comparison that was interrupted, or is asked for more seeds, hours
or candidates, plays only what it has not played yet.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import manufacturing
from manufacturing.cli.console import CannotDo, to_json
from manufacturing.lab.candidate import Candidate
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup, be_left_alone
from manufacturing.lab.processor import keep_to_one_processor
from manufacturing.lab.record import Recorder, RunRecord

#: What a run depends on, beneath the package. How results are told apart and drawn is not among it.
_PLAYED: Final = ("domain", "services", "adapters", "simulator", "lab", "bootstrap.py", "settings.py")
_TOLD: Final = ("comparison.py", "figures.py", "plots.py", "tables.py", "replay.py", "candidate.py", "__main__.py")
_SOURCES: Final = (".py", ".json", ".lua")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to play."""

    candidate: str
    setup: Setup
    hours: float
    code: str
    """The digest of the code it is asked of."""
    place: Path
    """The directory of the database server."""
    file: Path
    """Where to store the record."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A run has been played, or found among those played before."""

    record: RunRecord
    done: int
    of: int
    was_known: bool


class Comparison:
    """Plays every candidate on every seed."""

    def __init__(self, candidates: Sequence[Candidate], seeds: Sequence[int], hours: float, common: Setup) -> None:
        names = [candidate.name for candidate in candidates]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise CannotDo(f"Two candidates are called {', '.join(sorted(twice))}: give each a name of its own.")
        self.candidates = list(candidates)
        self.seeds = list(seeds)
        self.hours = hours
        self._common = common

    def play(self, databases: LabDatabase, folder: Path, jobs: int) -> Iterator[Progress]:
        """Plays what ``folder`` does not hold yet, in ``jobs`` processes at a time, and tells of each run; of those it
        knows first. CannotDo when the code changes meanwhile.
        """
        wanted = self._jobs(databases.place, folder / "runs")
        of, done = len(wanted), 0
        missing: list[Job] = []
        for job in wanted:
            known = _read(job.file)
            if known is None:
                missing.append(job)
                continue
            done += 1
            yield Progress(record=known, done=done, of=of, was_known=True)
        if not missing:
            return
        # Spawned, not forked: a child must not share our connections.
        spawn = get_context("spawn")
        with ProcessPoolExecutor(
            max_workers=min(jobs, len(missing)), mp_context=spawn, initializer=_settle, initargs=(spawn.Value("i", 0),)
        ) as workers:
            playing = [workers.submit(_play, job) for job in missing]
            try:
                for played in as_completed(playing):
                    done += 1
                    yield Progress(record=played.result(), done=done, of=of, was_known=False)
            except BaseException:
                workers.shutdown(wait=False, cancel_futures=True)
                raise

    def _jobs(self, place: Path, folder: Path) -> list[Job]:
        folder.mkdir(parents=True, exist_ok=True)
        code = digest_of_code()
        # Seed by seed, so that an interrupted comparison has whole pairs.
        return [
            Job(
                candidate=candidate.name,
                setup=setup,
                hours=self.hours,
                code=code,
                place=place,
                file=folder / f"{candidate.name}-{seed}-{_digest_of(setup, self.hours, code)[:16]}.json",
            )
            for seed in self.seeds
            for candidate in self.candidates
            for setup in [candidate.setup(_with_seed(self._common, seed))]
        ]


def _with_seed(common: Setup, seed: int) -> Setup:
    return Setup(**{**vars(common), "seed": seed})


def _digest_of(setup: Setup, hours: float, code: str) -> str:
    """A digest of everything a run depends on."""
    told: dict[str, Any] = {name: value for name, value in vars(setup).items() if name not in ("policy", "capture")}
    told["policy"] = asdict(setup.policy)
    told["capture"] = hashlib.sha256(setup.capture.read_bytes()).hexdigest() if setup.capture is not None else None
    told |= {"hours": hours, "code": code}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@cache
def digest_of_code() -> str:
    """A digest of the sources a run depends on, as they were when this process first asked."""
    root = Path(manufacturing.__file__).parent
    digest = hashlib.sha256()
    for name in _PLAYED:
        place = root / name
        files = [place] if place.is_file() else sorted(f for f in place.rglob("*") if f.suffix in _SOURCES)
        for file in files:
            if file.parent.name == "lab" and file.name in _TOLD:
                continue
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _settle(settled: Any) -> None:
    """Gives each process that plays a processor of its own, as far as there are enough."""
    with settled.get_lock():
        number, settled.value = settled.value, settled.value + 1
    keep_to_one_processor(number)


def _play(job: Job) -> RunRecord:
    if digest_of_code() != job.code:
        raise CannotDo("The code changed while the comparison was running: start it again, it goes on where it can.")
    with Experiment(job.setup, LabDatabase.attached(job.place)) as experiment:
        be_left_alone()
        recorder = Recorder(experiment)
        experiment.run(job.hours)
        record = recorder.record(job.candidate)
    beside = job.file.with_suffix(".part")
    beside.write_text(to_json(record), encoding="utf-8")
    beside.replace(job.file)
    return record


def _read(file: Path) -> RunRecord | None:
    try:
        told: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return RunRecord.from_told(dict(told))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def seeds_of(text: str) -> list[int]:
    """The seeds that ``text`` names: ``7``, ``1..10``, ``1,4,9`` or ``1..3,8``. ValueError when it names none."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dots, last = part.strip().partition("..")
        found = range(int(first), int(last) + 1) if dots else [int(first)]
        seeds += [seed for seed in found if seed not in seeds]
    if not seeds:
        raise ValueError(f"{text} names no seed")
    return seeds
