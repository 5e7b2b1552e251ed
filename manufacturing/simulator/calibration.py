"""How well the simulated economy fits a recorded one, said honestly (docs/simulator.md, "Calibration").

A recorded series tells a listing's stock at moments somebody looked. Wherever a stock moved the way production or
consumption moves it between two looks, at an unchanged trade volume, the two give a rate. The same stretch is then
simulated from the same stock, at the same activity, and its rate taken the same way. What other players did between two
looks is in the recorded rates and not in the simulated ones, so the spread of the recorded ones is naturally wider.
"""

import csv
import itertools
import random
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from manufacturing.domain.prices import Activity, ListingType
from manufacturing.simulator.economy import Listing, consumption, draw_pace, draw_rest, move, production
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.randomness import stream

#: Stretches shorter than this hold too few recalculations, longer ones too much that nobody saw. In hours.
_STRETCH: Final = (0.25, 8.0)
#: A quote with more explanations than this says too little about the stock.
_EXPLANATIONS: Final = 5
#: How often each recorded stretch is simulated.
_REPEATS: Final = 5


class BadSeries(ValueError):
    """The file is no recorded series; the message says what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A listing at a moment."""

    kind: ListingType
    waypoint: str
    good: str
    volume: int
    at: datetime
    net_supply: int
    explanations: int
    activity: Activity


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Two looks at a listing between which nothing but time seems to have worked on it."""

    first: _Look
    last: _Look

    @property
    def hours(self) -> float:
        return (self.last.at - self.first.at).total_seconds() / 3600

    @property
    def rate(self) -> float:
        """Trade volumes per hour that were produced or consumed."""
        return abs(self.last.net_supply - self.first.net_supply) / self.first.volume / self.hours


def calibrate(path: Path, parameters: EconomyParameters, seed: int) -> str:
    """A report that sets recorded rates beside simulated ones. Raises BadSeries when the file is none."""
    looks = read_series(path)
    stretches = list(_stretches(looks))
    lines = [
        f"{len(looks)} looks at {len({(k.kind, k.waypoint, k.good) for k in looks})} listings, "
        f"{len(stretches)} stretches of production or consumption",
        "",
        "Looks were recorded when a supply label had changed, so quick stretches are seen more often than slow ones:",
        "recorded medians lie above the true rates, most where stretches are short.",
        "",
        "rates in trade volumes per hour          recorded                 simulated",
        "listing activity       n      q1  median      q3      q1  median      q3   median ratio",
    ]
    for (kind, activity), group in _by_activity(stretches).items():
        recorded = [stretch.rate for stretch in group]
        simulated = _simulated_rates(group, parameters, seed)
        lines.append(_rate_line(kind, activity, recorded, simulated))
    lines += ["", "stock in trade volumes when seen", "listing activity       n      q1  median      q3"]
    for (kind, activity), stocks in _stocks(looks).items():
        lines.append(f"{kind:<8}{activity:<11}{len(stocks):>4}{_quartiles(stocks)}")
    return "\n".join([*lines, "", *_growth_lines(looks)])


def read_series(path: Path) -> list[_Look]:
    """The looks in a CSV file, in the order of time. Raises BadSeries."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            looks = [_look(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BadSeries(f"{path} is no recorded series: {error!r}") from error
    if not looks:
        raise BadSeries(f"{path} holds no rows")
    return sorted(looks, key=lambda look: look.at)


def _look(row: dict[str, str]) -> _Look:
    return _Look(
        kind=ListingType(row["type"]),
        waypoint=row["waypoint"],
        good=row["good"],
        volume=int(row["trade_volume"]),
        at=datetime.fromisoformat(row["recorded_at"]),
        net_supply=round(float(row["net_supply"])),
        explanations=int(row["solutions"]),
        activity=Activity(row["activity"]),
    )


def _series(looks: Iterable[_Look]) -> Iterable[list[_Look]]:
    series: dict[tuple[str, str, str], list[_Look]] = defaultdict(list)
    for look in looks:
        series[look.kind, look.waypoint, look.good].append(look)
    return series.values()


def _stretches(looks: Iterable[_Look]) -> Iterable[_Stretch]:
    for series in _series(looks):
        for first, last in itertools.pairwise(series):
            stretch = _Stretch(first, last)
            moved = last.net_supply - first.net_supply
            natural = moved > 0 if first.kind is ListingType.EXPORT else moved < 0
            if (
                natural
                and first.volume == last.volume
                and first.activity is last.activity
                and max(first.explanations, last.explanations) <= _EXPLANATIONS
                and _STRETCH[0] <= stretch.hours <= _STRETCH[1]
            ):
                yield stretch


def _by_activity(stretches: Iterable[_Stretch]) -> dict[tuple[ListingType, Activity], list[_Stretch]]:
    groups: dict[tuple[ListingType, Activity], list[_Stretch]] = defaultdict(list)
    for stretch in stretches:
        groups[stretch.first.kind, stretch.first.activity].append(stretch)
    return dict(sorted(groups.items(), key=lambda item: (item[0][0], item[0][1].rank)))


def _stocks(looks: Iterable[_Look]) -> dict[tuple[ListingType, Activity], list[float]]:
    groups: dict[tuple[ListingType, Activity], list[float]] = defaultdict(list)
    for look in looks:
        groups[look.kind, look.activity].append(look.net_supply / look.volume)
    return dict(sorted(groups.items(), key=lambda item: (item[0][0], item[0][1].rank)))


def _simulated_rates(stretches: Sequence[_Stretch], p: EconomyParameters, seed: int) -> list[float]:
    chance = stream(seed, "calibration")
    rates = []
    for i, stretch in enumerate(stretches):
        for repeat in range(_REPEATS):
            rate = _simulated_rate(stretch, p, seed, f"{stretch.first.waypoint}/{i}/{repeat}", chance)
            if rate is not None:
                rates.append(rate)
    return rates


def _simulated_rate(
    stretch: _Stretch, p: EconomyParameters, seed: int, name: str, chance: random.Random
) -> float | None:
    """The rate of one simulated stretch; None when the stock did not move, as such stretches are not recorded."""
    look = stretch.first
    listing = Listing(
        good=look.good,
        type=look.kind,
        base_price=1000.0,
        margin=8,
        net_supply=look.net_supply,
        trade_volume=look.volume,
        first_volume=look.volume,
        activity=look.activity,
        rest=draw_rest(seed, name, look.good, look.kind, look.volume, p),
        pace=draw_pace(seed, name, look.good, p),
    )
    ticks = max(1, round(stretch.hours / p.tick_hours))
    for _ in range(ticks):
        rate = production(listing, p) if look.kind is ListingType.EXPORT else -consumption(listing, p)
        move(listing, rate, p.tick_hours, chance.random(), p)
    moved = listing.net_supply - look.net_supply
    natural = moved > 0 if look.kind is ListingType.EXPORT else moved < 0
    return abs(moved) / look.volume / stretch.hours if natural else None


def _rate_line(kind: ListingType, activity: Activity, recorded: list[float], simulated: list[float]) -> str:
    ratio = statistics.median(simulated) / statistics.median(recorded) if simulated else float("nan")
    return f"{kind:<8}{activity:<11}{len(recorded):>4}{_quartiles(recorded)}{_quartiles(simulated)}{ratio:>15.2f}"


def _quartiles(values: Sequence[float]) -> str:
    if not values:
        return f"{'–':>8}" * 3
    if len(values) == 1:
        return f"{values[0]:>8.2f}" * 3
    return "".join(f"{quartile:>8.2f}" for quartile in statistics.quantiles(values, n=4))


def _growth_lines(looks: Iterable[_Look]) -> list[str]:
    """Every recorded change of a trade volume."""
    lines = []
    for series in _series(looks):
        for first, last in itertools.pairwise(series):
            if first.volume != last.volume:
                hours = (last.at - first.at).total_seconds() / 3600
                lines.append(
                    f"{last.kind} {last.good} at {last.waypoint}: trade volume {first.volume} → {last.volume} "
                    f"within {hours:.1f} h, {first.activity} → {last.activity}"
                )
    return ["recorded changes of trade volumes", *lines] if lines else ["no trade volume changed"]
