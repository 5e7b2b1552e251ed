"""FactoryStanding: how a factory stands with the fleet, and why (docs/domain.md, "Factories kept running")."""

from dataclasses import dataclass
from enum import StrEnum

from manufacturing.domain.prices import Activity, Supply


class Standing(StrEnum):
    """What the fleet does with a factory, the most there is first."""

    RUNS = "RUNS"
    """It runs, and is kept running."""
    RAISED = "RAISED"
    """It is being brought up."""
    NEARLY_THERE = "NEARLY_THERE"
    """Nobody fills it now, and its output is spared, for it is not far from running."""
    LEFT = "LEFT"
    """It gets what ordinary hauls bring."""


class Obstacle(StrEnum):
    """Why a factory is not being brought up."""

    NO_SOURCE = "NO_SOURCE"
    """One of its inputs, or of theirs, is sold nowhere."""
    NO_CUSTOMER = "NO_CUSTOMER"
    """Nobody takes what it makes but factories that are not kept."""
    TOO_LITTLE = "TOO_LITTLE"
    """Less is made of an input than it would use up beside the factories kept already."""
    RIVAL = "RIVAL"
    """A factory being brought up needs the same input, which a factory makes."""
    OTHERS_FIRST = "OTHERS_FIRST"
    """As many as may be at a time are being brought up, each worth more for the trips it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A good of which there is not enough; units an hour."""

    good: str
    wanted: int
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a factory is not being brought up, with what it lies in."""

    obstacle: Obstacle
    shortage: Shortage | None = None
    """What there is TOO_LITTLE of."""
    rival: str | None = None
    """The product of the RIVAL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputStanding:
    """One input of a factory, as last seen."""

    good: str
    supply: Supply
    lacking: int
    """Units until it is as full as it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryStanding:
    """A factory as last seen, and what the fleet does with it."""

    waypoint: str
    good: str
    standing: Standing
    supply: Supply
    activity: Activity | None
    inputs: tuple[InputStanding, ...]
    brought_up_for: str | None
    """The product of the chain it is brought up in."""
    worth: int
    """Credits an hour that its output brings once it runs: from customers, and from inputs of kept factories."""
    trips: float | None
    """Usual round trips until it runs, with all that make its inputs and do not run either; None where it cannot."""
    hindrance: Hindrance | None
    """Why it is not brought up; None where it is, or need not be."""
