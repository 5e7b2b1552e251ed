"""`manufacturing factories`: which are kept running, which are brought up, and why not the others."""

from rich.table import Table
from rich.text import Text

from manufacturing.bootstrap import kept_factories
from manufacturing.cli.console import out, print_json
from manufacturing.cli.reading import known_settings, opened_reading
from manufacturing.cli.tables import plain_table
from manufacturing.cli.wording import credits, place
from manufacturing.domain.factory_standing import FactoryStanding, Hindrance, InputStanding, Obstacle, Standing

_STYLES = {Standing.RUNS: "green", Standing.RAISED: "cyan", Standing.NEARLY_THERE: "yellow", Standing.LEFT: "dim"}
_WORDS = {
    Standing.RUNS: "runs",
    Standing.RAISED: "brought up",
    Standing.NEARLY_THERE: "nearly there",
    Standing.LEFT: "left",
}
_OBSTACLES = {
    Obstacle.NO_SOURCE: "an input, or one of theirs, is sold nowhere",
    Obstacle.NO_CUSTOMER: "nobody needs it but factories that are not kept",
    Obstacle.OTHERS_FIRST: "others bring more for the trips they take",
}


def show(as_json: bool, player_wanted: str | None = None) -> None:
    """All factories whose inputs were seen, and how each stands."""
    settings, _ = known_settings()
    with opened_reading(player_wanted) as reading:
        kept = kept_factories(settings, reading.model.engine, reading.now, reading.player.id)
        found = kept.standings()
        of_pipelines = sorted(kept.others)
    if as_json:
        of_them = [{"waypoint": waypoint, "good": good} for waypoint, good in of_pipelines]
        print_json({"factories": found, "of_pipelines": of_them})
        return
    console = out()
    if found:
        console.print(_table(found))
    elif not settings.policy.hauls or not settings.policy.kept_chains:
        console.print("No factory is kept running: MANUFACTURING_HAULS or MANUFACTURING_KEPT_CHAINS is off.")
    else:
        console.print("No factory's inputs were seen yet: a ship must have been at its market.")
    for waypoint, good in of_pipelines:
        console.print(f"{place(waypoint)} {good} is fed by a pipeline: `manufacturing pipelines` shows it")


def _table(found: list[FactoryStanding]) -> Table:
    table = plain_table(None, ("factory", "makes", "", "supply", "activity"), ("credits/h", "trips"))
    table.add_column("inputs, and units they lack", overflow="fold")
    table.add_column("why", overflow="fold")
    for one in found:
        table.add_row(
            place(one.waypoint),
            one.good,
            Text(_WORDS[one.standing], style=_STYLES[one.standing]),
            one.supply.lower(),
            (one.activity or "").lower(),
            credits(one.worth) if one.worth else "",
            f"{one.trips:.1f}" if one.trips is not None and one.standing is not Standing.RUNS else "",
            ", ".join(_input(needed) for needed in one.inputs),
            _why(one),
        )
    return table


def _input(needed: InputStanding) -> str:
    lacking = f" {needed.lacking}" if needed.lacking else ""
    return f"{needed.good} {needed.supply.lower()}{lacking}"


def _why(one: FactoryStanding) -> str:
    if one.hindrance is not None:
        return _hindrance(one.hindrance)
    return f"for {one.brought_up_for}" if one.brought_up_for not in (None, one.good) else ""


def _hindrance(why: Hindrance) -> str:
    if why.shortage is not None:
        return f"{why.shortage.wanted} {why.shortage.good}/h would be used, {why.shortage.made} are made"
    if why.rival is not None:
        return f"{why.rival} comes first, which needs the same"
    return _OBSTACLES[why.obstacle]
