"""Players: registering, agents, factions, accounts."""

from typing import Any

from manufacturing.simulator import views
from manufacturing.simulator.catalogue import FACTIONS
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Page, Text
from manufacturing.simulator.operation import Access, Call, Reply, operation
from manufacturing.simulator.registration import register_agent
from manufacturing.simulator.universe import Universe


@operation(
    "POST",
    "/register",
    access=Access.UNCHECKED,
    body={
        "symbol": Text(lengths=(3, 14)),
        "faction": Text(required=False, among=frozenset(FACTIONS)),
        "email": Text(required=False),
    },
)
def register(universe: Universe, call: Call) -> Reply:
    """Lets a new agent in, with the fleet of the scenario and a first contract."""
    agent, contract = register_agent(universe, call.body["symbol"].upper(), call.body.get("faction", "COSMIC"))
    fleet = universe.fleets[agent.symbol]
    data: dict[str, Any] = {
        "token": agent.token,
        "agent": views.agent(agent, len(fleet)),
        "contract": views.contract(contract),
        "faction": views.faction(agent.faction, agent.headquarters),
        "ships": [views.ship(ship, call.now, universe.state.places) for ship in fleet],
    }
    if not call.strict and fleet:
        data["ship"] = data["ships"][0]  # where clients of earlier versions find their command ship
    return Reply(data, status=201)


@operation("GET", "/my/agent")
def get_my_agent(universe: Universe, call: Call) -> Reply:
    """The agent who calls."""
    return Reply(views.agent(call.agent, len(universe.fleets[call.agent.symbol])))


@operation("GET", "/my/account")
def get_my_account(universe: Universe, call: Call) -> Reply:
    """The account of the agent who calls."""
    return Reply(
        {
            "account": {
                "id": call.agent.account,
                "email": None,
                "token": None,
                "createdAt": views.iso(call.agent.joined_at),
            }
        }
    )


@operation("GET", "/agents", access=Access.ANYONE)
def get_agents(universe: Universe, call: Call) -> Reply:
    """All agents."""
    page = Page.of(call.query)
    agents = list(universe.state.agents.values())
    shown = [views.public_agent(agent, len(universe.fleets[agent.symbol])) for agent in agents[page.span]]
    return Reply(shown, meta=page.meta(len(agents)))


@operation("GET", "/agents/{}", access=Access.ANYONE)
def get_agent(universe: Universe, call: Call) -> Reply:
    """One agent."""
    agent = universe.state.agents.get(call.names[0].upper())
    if agent is None:
        raise Refusal(Code.NOT_FOUND, f"Agent {call.names[0]} not found.", agentSymbol=call.names[0])
    return Reply(views.public_agent(agent, len(universe.fleets[agent.symbol])))


@operation("GET", "/factions", access=Access.ANYONE)
def get_factions(universe: Universe, call: Call) -> Reply:
    """All factions."""
    page = Page.of(call.query)
    symbols = list(FACTIONS)
    shown = [views.faction(symbol, universe.state.headquarters) for symbol in symbols[page.span]]
    return Reply(shown, meta=page.meta(len(symbols)))


@operation("GET", "/factions/{}", access=Access.ANYONE)
def get_faction(universe: Universe, call: Call) -> Reply:
    """One faction."""
    symbol = call.names[0].upper()
    if symbol not in FACTIONS:
        raise Refusal(Code.NOT_FOUND, f"Faction {symbol} not found.", factionSymbol=symbol)
    return Reply(views.faction(symbol, universe.state.headquarters))
