"""Contracts: taking them on, bringing what they want, being paid."""

from manufacturing.simulator import views
from manufacturing.simulator.contracts import draw_contract
from manufacturing.simulator.entities import Contract, Delivery
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Page, Text, Whole
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_aboard,
    require_docked,
    ship_named,
)
from manufacturing.simulator.universe import Universe


@operation("GET", "/my/contracts")
def get_contracts(universe: Universe, call: Call) -> Reply:
    """The agent's contracts."""
    page = Page.of(call.query)
    contracts = universe.contracts_of[call.agent.symbol]
    return Reply([views.contract(contract) for contract in contracts[page.span]], meta=page.meta(len(contracts)))


@operation("GET", "/my/contracts/{}")
def get_contract(universe: Universe, call: Call) -> Reply:
    """One contract."""
    return Reply(views.contract(_own_contract(universe, call)))


@operation("POST", "/my/contracts/{}/accept")
def accept_contract(universe: Universe, call: Call) -> Reply:
    """Takes a contract on and receives its advance."""
    contract = _own_contract(universe, call)
    if contract.accepted:
        raise _refusal(Code.CONTRACT_ACCEPTED, contract, "is accepted already")
    if call.now > contract.accept_by:
        raise _refusal(Code.CONTRACT_OVER, contract, "could be accepted until " + views.iso(contract.accept_by))
    contract.accepted = True
    call.agent.credits += contract.paid_on_accept
    return _settled(universe, call, contract)


@operation(
    "POST",
    "/my/contracts/{}/deliver",
    body={"shipSymbol": Text(), "tradeSymbol": Text(), "units": Whole()},
)
def deliver_contract(universe: Universe, call: Call) -> Reply:
    """Hands over what a ship has brought."""
    contract = _own_contract(universe, call)
    ship = ship_named(universe, call, call.body["shipSymbol"])
    good, units = call.body["tradeSymbol"], call.body["units"]
    _require_running(contract, call)
    delivery = next((each for each in contract.deliveries if each.good == good), None)
    if delivery is None:
        raise _refusal(Code.CONTRACT_NOT_WANTED, contract, f"does not want {good}")
    require_docked(ship, call.now)
    if ship.waypoint != delivery.destination:
        raise _refusal(Code.CONTRACT_ELSEWHERE, contract, f"wants {good} brought to {delivery.destination}")
    if units > _missing(delivery):
        raise _refusal(Code.CONTRACT_DELIVERED, contract, f"wants only {_missing(delivery)} more {good}")
    require_aboard(ship, good, units)
    ship.unload(good, units)
    delivery.fulfilled += units
    return Reply({"contract": views.contract(contract), "cargo": views.cargo(ship)})


@operation("POST", "/my/contracts/{}/fulfill")
def fulfill_contract(universe: Universe, call: Call) -> Reply:
    """Ends a contract whose goods are all there and receives its pay."""
    contract = _own_contract(universe, call)
    _require_running(contract, call)
    if any(_missing(delivery) for delivery in contract.deliveries):
        raise _refusal(Code.CONTRACT_NOT_DELIVERED, contract, "still wants goods")
    contract.fulfilled = True
    call.agent.credits += contract.paid_on_fulfil
    return _settled(universe, call, contract)


@operation("POST", "/my/ships/{}/negotiate/contract")
def negotiate_contract(universe: Universe, call: Call) -> Reply:
    """Offers a new contract, at a waypoint of a faction, to an agent without one."""
    ship = own_ship(universe, call)
    require_docked(ship, call.now)
    if universe.state.places[ship.waypoint].market is None:
        raise Refusal(Code.NO_FACTION_HERE, f"No faction is at {ship.waypoint}.", waypointSymbol=ship.waypoint)
    for contract in universe.contracts_of[call.agent.symbol]:
        ends_at = contract.deadline if contract.accepted else contract.accept_by
        if not contract.fulfilled and call.now <= ends_at:
            raise _refusal(Code.CONTRACT_EXISTS, contract, "must end first")
    contract = draw_contract(universe, call.agent)
    universe.add_contract(contract)
    return Reply({"contract": views.contract(contract)}, status=201)


def _own_contract(universe: Universe, call: Call) -> Contract:
    contract = universe.state.contracts.get(call.names[0])
    if contract is None or contract.agent != call.agent.symbol:
        raise Refusal(Code.NOT_FOUND, f"Contract {call.names[0]} not found.", contractId=call.names[0])
    return contract


def _require_running(contract: Contract, call: Call) -> None:
    if contract.fulfilled:
        raise _refusal(Code.CONTRACT_FULFILLED, contract, "is fulfilled already")
    if not contract.accepted:
        raise _refusal(Code.CONTRACT_NOT_ACCEPTED, contract, "is not accepted yet")
    if call.now > contract.deadline:
        raise _refusal(Code.CONTRACT_OVER, contract, "ended " + views.iso(contract.deadline))


def _missing(delivery: Delivery) -> int:
    return delivery.required - delivery.fulfilled


def _refusal(code: Code, contract: Contract, why: str) -> Refusal:
    return Refusal(code, f"Contract {contract.id} {why}.", contractId=contract.id)


def _settled(universe: Universe, call: Call, contract: Contract) -> Reply:
    agent = views.agent(call.agent, len(universe.fleets[call.agent.symbol]))
    return Reply({"agent": agent, "contract": views.contract(contract)})
