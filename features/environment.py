"""What every feature shares: the words of its steps, and a fleet that is there when a scenario asks for one."""

import logging
import os
from typing import Any

from behave import register_type
from parse import with_pattern

from manufacturing.cli.feature_coverage import CallRecorder
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from tests.pocket_universe import PLACES


@with_pattern("|".join(Supply))
def supply(text: str) -> Supply:
    """A supply level."""
    return Supply(text)


@with_pattern("|".join(TaskType))
def task_type(text: str) -> TaskType:
    """What a task does."""
    return TaskType(text)


@with_pattern("|".join(TaskStatus))
def task_status(text: str) -> TaskStatus:
    """How far a task is."""
    return TaskStatus(text)


@with_pattern("|".join(PipelineKind))
def kind(text: str) -> PipelineKind:
    """How a product comes about."""
    return PipelineKind(text)


@with_pattern("|".join(PipelineStatus))
def pipeline_status(text: str) -> PipelineStatus:
    """How far a pipeline is."""
    return PipelineStatus(text)


@with_pattern("|".join(sorted(PLACES, key=len, reverse=True)))
def place(text: str) -> str:
    """A place of the pocket system, by its name."""
    return text


@with_pattern(r"[A-Z]+-\d+")
def ship(text: str) -> str:
    """A ship, by its name."""
    return text


@with_pattern(r"[A-Z_]+")
def good(text: str) -> str:
    """A trade good."""
    return text


@with_pattern(r"-?[\d,]+|no|an?|one|two|three|four|five|six|seven|eight|nine|ten")
def number(text: str) -> int:
    """A number, in figures or as a word."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    if text in ("a", "an"):
        return 1
    return words.index(text) if text in words else int(text.replace(",", ""))


register_type(
    Supply=supply,
    TaskType=task_type,
    TaskStatus=task_status,
    Kind=kind,
    PipelineStatus=pipeline_status,
    Place=place,
    Ship=ship,
    Good=good,
    Number=number,
)


def before_all(context: Any) -> None:
    """Only what nobody foresaw is worth a line between the scenarios."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    context.recorder = CallRecorder() if os.environ.get("RECORD_FEATURE_COVERAGE") else None
    if context.recorder is not None:
        context.recorder.install()


def before_scenario(context: Any, scenario: Any) -> None:
    """Nothing is left over from the scenario before: a fleet begins with the step that asks for it."""
    context.world = None
    context.error = None
    if context.recorder is not None:
        context.recorder.begin(f"{scenario.feature.filename}: {scenario.name}")


def after_all(context: Any) -> None:
    """A whole run that went well says which methods of the services it exercised (``make features``)."""
    if context.recorder is not None and not context.failed:
        context.recorder.write()
