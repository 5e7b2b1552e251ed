"""The server itself: its status, its errors, its recipes."""

from datetime import timedelta
from functools import cache

from orjson import Fragment, dumps

from manufacturing.domain.facts import recipes
from manufacturing.simulator.errors import Code
from manufacturing.simulator.operation import Access, Call, Reply, operation
from manufacturing.simulator.universe import START, Universe
from manufacturing.simulator.views import iso

#: The version of the API that is simulated.
VERSION = "v2.3.0"
#: How long a universe lasts before the next reset is announced; the simulator never resets by itself.
_RESET_AFTER = timedelta(days=14)
#: Names on a leaderboard.
_LEADERS = 10


@operation("GET", "/", access=Access.UNCHECKED)
def get_status(universe: Universe, call: Call) -> Reply:
    """How the server is, and when markets were last recalculated."""
    state = universe.state
    richest = sorted(state.agents.values(), key=lambda agent: (-agent.credits, agent.symbol))[:_LEADERS]
    charting = sorted(state.agents.values(), key=lambda agent: (-agent.charts, agent.symbol))[:_LEADERS]
    return Reply(
        {
            "status": "SpaceTraders is currently online and available to play",
            "version": VERSION,
            "resetDate": state.reset_date,
            "description": "A simulated SpaceTraders universe.",
            "stats": {
                "accounts": len(state.agents),
                "agents": len(state.agents),
                "ships": len(state.ships),
                "systems": len(state.systems),
                "waypoints": len(state.places),
            },
            "health": {"lastMarketUpdate": iso(universe.last_market_update)},
            "leaderboards": {
                "mostCredits": [{"agentSymbol": a.symbol, "credits": a.credits} for a in richest],
                "mostSubmittedCharts": [
                    {"agentSymbol": a.symbol, "chartCount": a.charts} for a in charting if a.charts
                ],
            },
            "serverResets": {"next": iso(START + _RESET_AFTER), "frequency": "fortnightly"},
            "announcements": [
                {
                    "title": "This is a simulation",
                    "body": "Prices, stocks and ships here are not those of the real game.",
                }
            ],
            "links": [{"name": "The real game", "url": "https://spacetraders.io"}],
        },
        bare=True,
    )


@operation("GET", "/error-codes", access=Access.UNCHECKED)
def get_error_codes(universe: Universe, call: Call) -> Reply:
    """Every error code there is."""
    return Reply({"errorCodes": [{"code": int(code), "name": code.name} for code in Code if code >= 3000]}, bare=True)


@operation("GET", "/market/supply-chain")
def get_supply_chain(universe: Universe, call: Call) -> Reply:
    """What every good is made of."""
    return Reply(_supply_chain())


@cache
def _supply_chain() -> Fragment:
    return Fragment(dumps({"exportToImportMap": {good: list(needs) for good, needs in recipes().items()}}))
