"""`manufacturing factories`: what is kept running, what is brought up, and why not the rest."""

import json

import pytest

from manufacturing.domain.player import Player
from manufacturing.domain.prices import Activity, ListingType, Supply
from tests.builders import a_listing
from tests.cli.conftest import Ask
from tests.postgres.builders import a_pipeline, a_reservation, a_ship, a_waypoint
from tests.postgres.opening import Open

GAS, FARM, CITY, SMELTER = (f"X1-T1-{name}" for name in ("A1", "B2", "C3", "D4"))


@pytest.fixture
def country(uow: Open, player: Player) -> None:
    """Nitrogen, a farm that runs on it, a city that wants its fertilizers, and a smelter that gets no ore."""
    listings = [
        a_listing("LIQUID_NITROGEN", ListingType.EXCHANGE, at=GAS, trade_volume=180),
        a_listing("LIQUID_NITROGEN", ListingType.IMPORT, Supply.HIGH, at=FARM),
        a_listing("FERTILIZERS", ListingType.EXPORT, Supply.ABUNDANT, at=FARM, activity=Activity.STRONG),
        a_listing("FERTILIZERS", ListingType.IMPORT, Supply.LIMITED, at=CITY),
        a_listing("IRON_ORE", ListingType.IMPORT, Supply.SCARCE, at=SMELTER),
        a_listing("IRON", ListingType.EXPORT, Supply.MODERATE, at=SMELTER),
        a_listing("IRON", ListingType.IMPORT, Supply.LIMITED, at=CITY),
    ]
    with uow() as work:
        places = enumerate((GAS, FARM, CITY, SMELTER))
        work.waypoints.add_all([a_waypoint(player, symbol, x=40 * number) for number, symbol in places])
        for listing in listings:
            listing.player_id, listing.system_symbol = player.id, "X1-T1"
        work.markets.add_all(listings)
        work.ships.add(a_ship(player, cargo_capacity=80))
        work.commit()


def test_where_no_market_was_seen_that_is_told(ask: Ask, uow: Open, player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player, cargo_capacity=80))
        work.commit()
    assert "No factory's inputs were seen yet" in ask("factories")


@pytest.mark.usefixtures("country")
def test_it_is_shown_what_runs_and_why_another_does_not(ask: Ask) -> None:
    rows = {line.split()[0]: line for line in ask("factories").splitlines() if line}
    assert "FERTILIZERS" in rows["B2"]
    assert "runs" in rows["B2"]
    assert "LIQUID_NITROGEN high" in rows["B2"]
    assert "left" in rows["D4"]
    assert "is sold nowhere" in rows["D4"]


@pytest.mark.usefixtures("country")
def test_as_json_everything_is_there(ask: Ask) -> None:
    told = json.loads(ask("factories", "--json"))
    farm, smelter = told["factories"]
    assert (farm["waypoint"], farm["good"], farm["standing"], farm["hindrance"]) == (FARM, "FERTILIZERS", "RUNS", None)
    assert (smelter["standing"], smelter["hindrance"]["obstacle"]) == ("LEFT", "NO_SOURCE")
    assert told["of_pipelines"] == []


@pytest.mark.usefixtures("country")
def test_a_factory_that_a_pipeline_feeds_is_named(ask: Ask, uow: Open, player: Player) -> None:
    pipeline = a_pipeline(player)
    with uow() as work:
        work.pipelines.add(pipeline)
        work.flush()
        work.reservations.create(a_reservation(pipeline, factory_symbol=FARM, output_good="FERTILIZERS"))
        work.commit()
    assert "B2 FERTILIZERS is fed by a pipeline" in ask("factories")


@pytest.mark.usefixtures("country")
def test_where_nothing_is_to_be_kept_that_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANUFACTURING_KEPT_CHAINS", "0")
    assert "No factory is kept running" in ask("factories")
