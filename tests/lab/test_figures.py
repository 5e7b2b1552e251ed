"""What the differences of runs tell, and how they are shown."""

import pytest
from scipy import stats

from manufacturing.lab import tables
from manufacturing.lab.figures import FIGURES, Figure, difference, mean_of
from manufacturing.lab.plots import as_html
from tests.lab.runs import a_run

PROFIT = FIGURES[0]


def of(name: str) -> Figure:
    return next(figure for figure in FIGURES if figure.name == name)


def test_profit_is_per_game_hour_and_per_call() -> None:
    run = a_run(earned=5_000, hours=2.0)
    assert PROFIT.of(run) == 2_500
    assert of("credits per API call").of(run) == 50
    assert of("profit in the last quarter").of(run) == 2_500
    assert of("haulers at work").of(run) == 75


def test_the_interval_of_a_difference_is_that_of_the_paired_t_test() -> None:
    ones = [a_run("one", seed, earned=earned) for seed, earned in ((1, 1000), (2, 1400), (3, 900), (4, 2000))]
    others = [a_run("other", seed, earned=earned) for seed, earned in ((4, 1500), (3, 700), (2, 1300), (1, 800))]
    found = difference(PROFIT, ones, others)
    assert found is not None
    expected = stats.ttest_rel([500, 700, 450, 1000], [400, 650, 350, 750])
    interval = expected.confidence_interval(0.95)
    assert found.mean == 125
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.is_clear == (expected.pvalue < 0.05)
    assert found.ratio == pytest.approx(2650 / 2150)


def test_only_runs_of_the_same_seed_are_compared() -> None:
    found = difference(PROFIT, [a_run(seed=1), a_run(seed=2)], [a_run(seed=2, earned=400), a_run(seed=3)])
    assert found is not None
    assert (found.runs, found.mean) == (1, 300)


def test_a_single_pair_tells_no_interval() -> None:
    found = difference(PROFIT, [a_run()], [a_run(earned=500)])
    assert found is not None
    assert (found.low, found.high, found.is_clear) == (None, None, False)


def test_a_figure_that_a_run_cannot_tell_is_left_out() -> None:
    idle = of("idle between tasks")
    assert mean_of(idle, [a_run()]) is None
    assert difference(idle, [a_run()], [a_run(idle_seconds_mean=3.0)]) is None
    assert "idle between tasks" not in tables.as_markdown({"one": [a_run()]}, "")


def test_the_page_shows_means_and_every_pair_of_candidates() -> None:
    runs = {name: [a_run(name, seed, earned=earned * seed) for seed in (1, 2)] for name, earned in _EARNED.items()}
    page = tables.as_markdown(runs, "two hours")
    assert "| profit, credits/h | 750 | 1,500 | 2,250 |" in page
    assert [line for line in page.splitlines() if "−" in line] == ["## a − b", "## a − c", "## b − c"]
    told = tables.as_json(runs, {"hours": 2})
    assert told["means"]["profit"] == {"a": 750, "b": 1500, "c": 2250}
    assert len(told["runs"]["a"]) == 2
    assert {(d["one"], d["other"]) for d in told["differences"]} == {("a", "b"), ("a", "c"), ("b", "c")}


_EARNED = {"a": 1000, "b": 2000, "c": 3000}


def test_the_plots_are_one_file_that_needs_nothing_else() -> None:
    runs = {name: [a_run(name, seed, earned=earned) for seed in (1, 2)] for name, earned in _EARNED.items()}
    page = as_html(runs, "a < b", "two hours")
    assert page.count("<img src='data:image/svg+xml;base64,") == page.count("<img") == 4 + 2 * 3
    assert "<h1>a &lt; b</h1>" in page
    assert "http" not in page.replace("data:", "")
    assert as_html(runs, "a < b", "two hours") == page
