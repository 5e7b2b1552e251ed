"""The gateway: what it asks, what it makes of the answers, and what it does when there are none."""

import logging
import socket
import threading
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from manufacturing.adapters.spacetraders.errors import UnexpectedAnswer
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.adapters.spacetraders.transport import Answer, HttpTransport, Request, normalized_base_url
from manufacturing.domain import gateway as errors
from manufacturing.domain.api_budget import BudgetRefusal
from manufacturing.domain.gateway import Priority, Purpose, SpaceTradersGateway
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus, TradeKind
from tests.spacetraders import answers
from tests.spacetraders.conftest import TOKEN, BookedBudget, VirtualTime
from tests.spacetraders.game_server import Asked, GameServer, Hangup, Reply, Silence, Torn, error


def data(body: Any, **envelope: Any) -> Reply:
    return Reply({"data": body, **envelope})


def created(body: Any) -> Reply:
    return Reply({"data": body}, 201)


# What it asks and reads


def test_the_status_comes_with_the_time_scale_of_a_simulated_universe(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(
        Reply(answers.STATUS, headers={"X-Time-Scale": "60@2026-01-01T00:00:00+00:00>2026-01-04T00:00:00+00:00"})
    )

    status = gateway.get_status()

    assert (status.reset_date, status.version) == ("2026-01-04", "v2.3.0")
    assert status.last_market_update == datetime(2026, 1, 4, 9, 45, tzinfo=UTC)
    assert status.time_scale == "60@2026-01-01T00:00:00+00:00>2026-01-04T00:00:00+00:00"
    assert (game.asked[0].method, game.asked[0].path) == ("GET", "/v2/")


def test_the_real_game_has_no_time_scale_and_may_leave_out_its_health(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data({"resetDate": "2026-01-04", "version": "v2.3.0"}))

    status = gateway.get_status()

    assert (status.time_scale, status.last_market_update) == (None, None)


def test_registering_gives_the_token_and_hides_it_from_sight(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(created({"token": TOKEN, "agent": answers.AGENT, "contract": {}, "faction": {}, "ships": []}))

    registration = gateway.register("TRADER", "COSMIC")

    assert registration.token == TOKEN
    assert registration.agent.credits == 175000
    assert TOKEN not in repr(registration)
    assert (game.asked[0].path, game.asked[0].body) == ("/v2/register", {"symbol": "TRADER", "faction": "COSMIC"})


def test_an_agent_is_read_with_the_token(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.AGENT))

    agent = gateway.get_agent()

    assert (agent.symbol, agent.headquarters, agent.faction) == ("TRADER", "X1-AB12-A1", "COSMIC")
    assert (agent.credits, agent.ship_count) == (175000, 2)
    assert game.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert game.asked[0].headers["user-agent"].startswith("spacetraders-manufacturing/")


def test_a_newcomer_sends_no_token(game: GameServer, budget: BookedBudget) -> None:
    game.answers(Reply(answers.STATUS))

    HttpGateway(HttpTransport(game.url), None, budget).get_status()

    assert "authorization" not in game.asked[0].headers


def test_a_netrc_file_does_not_replace_the_token(
    game: GameServer, gateway: HttpGateway, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    game.answers(data(answers.AGENT))

    gateway.get_agent()

    assert game.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_is_not_used_for_a_server_on_this_machine(
    game: GameServer, gateway: HttpGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    game.answers(data(answers.AGENT))

    assert gateway.get_agent().symbol == "TRADER"


def test_a_ship_is_read_whole(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.SHIP))

    ship = gateway.get_ship("TRADER-1")

    assert (ship.symbol, ship.role, ship.frame, ship.speed) == ("TRADER-1", "COMMAND", "FRAME_FRIGATE", 36)
    assert (ship.nav.system, ship.nav.waypoint, ship.nav.origin) == ("X1-AB12", "X1-AB12-F55", "X1-AB12-A1")
    assert (ship.nav.status, ship.nav.flight_mode) == (NavStatus.IN_TRANSIT, FlightMode.CRUISE)
    assert ship.nav.departure_at == datetime(2026, 1, 4, 10, 0, tzinfo=UTC)
    assert ship.nav.arrival_at == datetime(2026, 1, 4, 10, 1, 40, 250_000, tzinfo=UTC)
    assert (ship.fuel.current, ship.fuel.capacity) == (371, 400)
    assert (ship.cargo.units_of("IRON"), ship.cargo.units_of("GOLD"), ship.cargo.free) == (20, 0, 17)
    assert game.asked[0].path == "/v2/my/ships/TRADER-1"


def test_symbols_cannot_change_the_path(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(error(404, status=404))

    with pytest.raises(errors.RequestRejected):
        gateway.get_ship("TRADER-1/cargo?x=1")

    assert game.asked[0].path == "/v2/my/ships/TRADER-1%2Fcargo%3Fx%3D1"


def test_a_market_near_by_shows_quotes_with_what_we_pay_as_ask(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.MARKET))

    market = gateway.get_market("X1-AB12-F55", Purpose.OBSERVE)

    iron, fuel = market.trade_goods
    assert (iron.good, iron.type, iron.trade_volume) == ("IRON", ListingType.EXPORT, 60)
    assert (iron.supply, iron.activity) == (Supply.HIGH, Activity.STRONG)
    assert iron.quote == Quote(ask=48, bid=21)
    assert fuel.activity is None
    (transaction,) = market.transactions
    assert (transaction.kind, transaction.units, transaction.unit_price) == (TradeKind.PURCHASE, 20, 48)
    assert transaction.at == datetime(2026, 1, 4, 10, 2, 0, 123_000, tzinfo=UTC)
    assert game.asked[0].path == "/v2/systems/X1-AB12/waypoints/X1-AB12-F55/market"


def test_a_market_far_away_shows_only_what_it_deals_in(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.MARKET_FROM_FAR))

    market = gateway.get_market("X1-AB12-F55", Purpose.SCAN)

    assert not market.is_visible
    assert (market.exports, market.imports, market.exchange) == (("IRON",), ("IRON_ORE",), ("FUEL",))


def test_lists_are_read_to_their_last_page(game: GameServer, gateway: HttpGateway) -> None:
    def page(asked: Asked) -> Reply:
        number = int(asked.query["page"][0])
        ships = [{**answers.SHIP, "symbol": f"TRADER-{n}"} for n in range((number - 1) * 20, min(number * 20, 45))]
        return data(ships, meta={"total": 45, "page": number, "limit": 20})

    game.answers(page)

    assert [ship.symbol for ship in gateway.list_ships()] == [f"TRADER-{n}" for n in range(45)]
    assert [asked.query for asked in game.asked] == [{"limit": ["20"], "page": [str(n)]} for n in (1, 2, 3)]


def test_a_list_that_shrinks_while_it_is_read_has_an_end(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(
        data([answers.WAYPOINT] * 20, meta={"total": 21, "page": 1, "limit": 20}),
        data([], meta={"total": 21, "page": 2, "limit": 20}),
    )

    waypoints = gateway.list_waypoints("X1-AB12")

    assert len(waypoints) == 20
    assert (waypoints[0].type, waypoints[0].x, waypoints[0].y, waypoints[0].has_market) == ("MOON", 30, -4, True)


def test_the_supply_chain_names_the_inputs_of_each_output(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data({"exportToImportMap": {"IRON": ["IRON_ORE"], "PLATING": ["IRON", "MACHINERY"]}}))

    assert gateway.get_supply_chain() == {"IRON": ("IRON_ORE",), "PLATING": ("IRON", "MACHINERY")}


@pytest.mark.parametrize(
    ("act", "answer", "method", "path", "body"),
    [
        (lambda g: g.navigate("S-1", "X1-AB12-F55"), {"nav": answers.NAV, "fuel": answers.FUEL, "events": []},
         "POST", "navigate", {"waypointSymbol": "X1-AB12-F55"}),
        (lambda g: g.set_flight_mode("S-1", FlightMode.DRIFT), {"nav": answers.NAV, "fuel": answers.FUEL, "events": []},
         "PATCH", "nav", {"flightMode": "DRIFT"}),
        (lambda g: g.dock("S-1"), {"nav": answers.NAV}, "POST", "dock", {}),
        (lambda g: g.orbit("S-1"), {"nav": answers.NAV}, "POST", "orbit", {}),
        (lambda g: g.transfer("S-1", "IRON", 5, "S-2"), {"cargo": answers.CARGO},
         "POST", "transfer", {"tradeSymbol": "IRON", "units": 5, "shipSymbol": "S-2"}),
        (lambda g: g.jettison("S-1", "IRON", 5), {"cargo": answers.CARGO},
         "POST", "jettison", {"symbol": "IRON", "units": 5}),
    ],
)  # fmt: skip
def test_ships_do_as_they_are_told(
    game: GameServer, gateway: HttpGateway, act: Any, answer: Any, method: str, path: str, body: Any
) -> None:
    game.answers(data(answer))

    result = act(gateway)

    assert (game.asked[0].method, game.asked[0].path) == (method, f"/v2/my/ships/S-1/{path}")
    assert game.asked[0].body == body
    nav = getattr(result, "nav", result)
    assert nav.units == 23 if "cargo" in answer else nav.waypoint == "X1-AB12-F55"


@pytest.mark.parametrize("trade", ["purchase", "sell"])
def test_a_trade_answers_with_transaction_cargo_and_credits(game: GameServer, gateway: HttpGateway, trade: str) -> None:
    game.answers(created({"agent": answers.AGENT, "cargo": answers.CARGO, "transaction": answers.TRANSACTION}))

    receipt = getattr(gateway, trade)("S-1", "IRON", 20)

    assert (game.asked[0].path, game.asked[0].body) == (f"/v2/my/ships/S-1/{trade}", {"symbol": "IRON", "units": 20})
    assert (receipt.transaction.total, receipt.cargo.units, receipt.agent.credits) == (960, 23, 175000)


def test_refuelling_asks_for_ship_units(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data({"agent": answers.AGENT, "fuel": answers.FUEL, "transaction": answers.TRANSACTION}))

    receipt = gateway.refuel("S-1", 29)

    assert game.asked[0].body == {"units": 29}
    assert (receipt.fuel.current, receipt.transaction.total) == (371, 960)


def test_a_hold_is_read_alone(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.CARGO))

    assert gateway.get_cargo("S-1").units_of("FUEL") == 3
    assert game.asked[0].path == "/v2/my/ships/S-1/cargo"


def test_every_call_is_counted_under_its_purpose(game: GameServer, gateway: HttpGateway, budget: BookedBudget) -> None:
    game.answers(
        data(answers.MARKET),
        created({"agent": answers.AGENT, "cargo": answers.CARGO, "transaction": answers.TRANSACTION}),
        data({"nav": answers.NAV}),
    )

    gateway.get_market("X1-AB12-F55", Purpose.SUPPLY_POLL)
    gateway.sell("S-1", "IRON", 3)
    gateway.dock("S-1")

    assert budget.asked == [
        (Priority.SCAN, Purpose.SUPPLY_POLL, "GET /systems/{system}/waypoints/{waypoint}/market"),
        (Priority.ACT, Purpose.TRADE, "POST /my/ships/{ship}/sell"),
        (Priority.ACT, Purpose.NAVIGATE, "POST /my/ships/{ship}/dock"),
    ]


def test_connections_are_used_again(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.AGENT))

    for _ in range(5):
        gateway.get_agent()

    assert len({asked.connection for asked in game.asked}) == 1


def test_many_threads_share_one_gateway(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data(answers.AGENT))
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(gateway.get_agent().symbol)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["TRADER"] * 16


# Refusals


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (4000, 409, errors.OnCooldown),
        (4113, 401, errors.UniverseReset),
        (4200, 400, errors.ShipInTransit),
        (4203, 400, errors.NotEnoughFuel),
        (4204, 400, errors.ShipStateChanged),
        (4214, 400, errors.ShipInTransit),
        (4216, 400, errors.CannotAfford),
        (4217, 400, errors.CargoMismatch),
        (4218, 400, errors.CargoMismatch),
        (4219, 400, errors.CargoMismatch),
        (4228, 400, errors.CargoMismatch),
        (4236, 400, errors.ShipStateChanged),
        (4244, 400, errors.ShipStateChanged),
        (4600, 400, errors.CannotAfford),
        (4601, 400, errors.NotTraded),
        (4602, 400, errors.NotTraded),
        (4603, 400, errors.NotTraded),
        (4604, 400, errors.TradeTooLarge),
        (4103, 401, errors.NotAuthorized),
        (4245, 400, errors.RequestRejected),
        (4801, 400, errors.RequestRejected),
        (3001, 422, errors.RequestRejected),
        (9999, 400, errors.RequestRejected),
        (404, 404, errors.RequestRejected),
    ],
)
def test_refusals_come_as_what_they_mean(
    game: GameServer, gateway: HttpGateway, code: int, status: int, kind: type[errors.GatewayError]
) -> None:
    game.answers(error(code, "The ship says no.", status))

    with pytest.raises(kind, match="The ship says no") as caught:
        gateway.purchase("S-1", "IRON", 3)

    assert type(caught.value) is kind
    assert caught.value.code == code
    assert len(game.asked) == 1


def test_a_ship_in_transit_tells_until_when(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(error(4214, arrival="2026-01-04T10:01:40.250Z", secondsToArrival=31))

    with pytest.raises(errors.ShipInTransit) as caught:
        gateway.dock("S-1")

    assert caught.value.arrival_at == datetime(2026, 1, 4, 10, 1, 40, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("arrival", [None, 7, "soon"])
def test_or_does_not(game: GameServer, gateway: HttpGateway, arrival: Any) -> None:
    game.answers(error(4200, arrival=arrival))

    with pytest.raises(errors.ShipInTransit) as caught:
        gateway.navigate("S-1", "X1-AB12-F55")

    assert caught.value.arrival_at is None


def test_bad_input_says_which(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(error(3001, "Unprocessable", 422, units=["must be positive"]))

    with pytest.raises(errors.RequestRejected, match="must be positive"):
        gateway.sell("S-1", "IRON", 0)


@pytest.mark.parametrize("body", [b"<html>Forbidden</html>", b"[]", b'{"error": "no"}', b'{"error": {"code": "x"}}'])
def test_a_refusal_in_no_known_form_is_still_one(game: GameServer, gateway: HttpGateway, body: bytes) -> None:
    game.answers(Reply(body, 403))

    with pytest.raises(errors.RequestRejected, match="HTTP 403"):
        gateway.dock("S-1")


def test_a_redirect_is_not_followed_but_told(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(Reply(b"", 301, {"Location": "https://elsewhere.example.org/v2"}))

    with pytest.raises(errors.RequestRejected, match="redirected to https://elsewhere"):
        gateway.dock("S-1")

    assert len(game.asked) == 1


# No usable answer


@pytest.mark.parametrize(
    "trouble", [Hangup(), Torn(), Reply(b"oops", 502), error(3100, "Maintenance", 503), Reply(b"{")]
)
def test_reads_are_tried_again(game: GameServer, gateway: HttpGateway, budget: BookedBudget, trouble: Any) -> None:
    game.answers(trouble, trouble, data(answers.AGENT))

    assert gateway.get_agent().symbol == "TRADER"
    assert len(budget.asked) == budget.answers == 3


def test_a_read_that_gets_no_answer_is_tried_again(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(Silence(game.over), data(answers.AGENT))

    assert gateway.get_agent().symbol == "TRADER"


@pytest.mark.parametrize(
    "trouble", [Hangup(), Torn(), Reply(b"oops", 502), error(3100, "Maintenance", 503), Reply(b"{")]
)
def test_writes_are_not(game: GameServer, gateway: HttpGateway, trouble: Any) -> None:
    game.answers(trouble, created({}))

    with pytest.raises(errors.ServerUnavailable) as caught:
        gateway.purchase("S-1", "IRON", 3)

    assert not isinstance(caught.value, errors.RequestNotSent)
    assert len(game.asked) == 1


def test_a_write_that_gets_no_answer_may_have_taken_effect(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(Silence(game.over))

    with pytest.raises(errors.ServerUnavailable, match="did not answer") as caught:
        gateway.purchase("S-1", "IRON", 3)

    assert not isinstance(caught.value, errors.RequestNotSent)


def test_reads_are_given_up_in_the_end_with_growing_pauses(
    game: GameServer, gateway: HttpGateway, time: VirtualTime
) -> None:
    game.answers(Reply(b"down", 503))

    with pytest.raises(errors.ServerUnavailable, match="HTTP 503"):
        gateway.get_agent()

    assert 20 < time.now <= 30
    assert 4 < len(game.asked) < 60
    assert max(time.sleeps) <= 8
    assert time.sleeps[0] <= 0.5


def test_a_server_that_is_not_there_got_nothing(budget: BookedBudget, time: VirtualTime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v2"
    gateway = HttpGateway(HttpTransport(url), TOKEN, budget, sleep=time.sleep, monotonic=time)

    with pytest.raises(errors.RequestNotSent, match="cannot be reached"):
        gateway.purchase("S-1", "IRON", 3)
    assert len(budget.asked) == 1

    with pytest.raises(errors.RequestNotSent):
        gateway.get_agent()
    assert len(budget.asked) > 3


def test_a_name_that_cannot_be_resolved_got_nothing(budget: BookedBudget, time: VirtualTime) -> None:
    transport = HttpTransport("http://no-such-host.invalid/v2", connect_timeout=1)
    gateway = HttpGateway(transport, TOKEN, budget, sleep=time.sleep, monotonic=time)

    with pytest.raises(errors.RequestNotSent):
        gateway.dock("S-1")


def test_without_budget_nothing_is_sent(game: GameServer, gateway: HttpGateway, budget: BookedBudget) -> None:
    budget.refuses = True

    with pytest.raises(BudgetRefusal):
        gateway.get_agent()
    with pytest.raises(errors.RequestNotSent):
        gateway.purchase("S-1", "IRON", 3)

    assert game.asked == []
    assert len(budget.asked) == 2


def test_reads_wait_longer_for_the_budget_than_writes(
    game: GameServer, gateway: HttpGateway, budget: BookedBudget
) -> None:
    game.answers(data(answers.AGENT), data({"nav": answers.NAV}))

    gateway.get_agent()
    gateway.dock("S-1")

    assert budget.deadlines == [30, 8]


@pytest.mark.parametrize("call", [lambda g: g.get_cargo("S-1").units, lambda g: g.jettison("S-1", "IRON", 1).units])
def test_after_a_429_everybody_is_told_and_the_call_is_made_again(
    game: GameServer, gateway: HttpGateway, budget: BookedBudget, time: VirtualTime, call: Any
) -> None:
    refusal = Reply(
        {"error": {"message": "slow down", "code": 429, "data": {"retryAfter": 0.63}}}, 429, {"Retry-After": "1"}
    )

    def once_more(asked: Asked) -> Reply:
        return data(answers.CARGO if asked.method == "GET" else {"cargo": answers.CARGO})

    game.answers(refusal, once_more)

    assert call(gateway) == 23
    (penalty,) = budget.penalties
    assert penalty == (*budget.asked[0][1:], timedelta(seconds=0.63))
    assert len(budget.asked) == 2
    assert time.now == 0  # the budget waits, not the gateway


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "7"}, b"", 7),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"", 1),
        ({}, {"error": {"data": {"retryAfter": "nan"}}}, 1),
        ({"Retry-After": "3"}, {"error": {"data": {"retryAfter": -4}}}, 3),
        ({}, b"", 1),
    ],
)
def test_a_429_may_say_it_in_several_ways(
    game: GameServer, gateway: HttpGateway, budget: BookedBudget, headers: Any, body: Any, wait: float
) -> None:
    game.answers(Reply(body, 429, headers), data(answers.AGENT))

    gateway.get_agent()

    assert budget.penalties[0][2] == timedelta(seconds=wait)


def test_429s_without_end_took_no_effect(
    game: GameServer, gateway: HttpGateway, budget: BookedBudget, time: VirtualTime
) -> None:
    def refuse(asked: Asked) -> Reply:
        time.now += 1
        return error(429, status=429, retryAfter=1)

    game.answers(refuse)

    with pytest.raises(errors.RequestNotSent):
        gateway.purchase("S-1", "IRON", 3)

    assert len(game.asked) == 8


# Answers in another shape


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ({"nav": {**answers.NAV, "status": "DRIFTING"}}, r"data\.nav\.status: expected one of IN_TRANSIT.*DRIFTING"),
        ({"engine": {"speed": "36"}}, r"data\.engine\.speed: expected a whole number, got str '36'"),
        ({"engine": None}, r"data\.engine: expected an object, got nothing"),
        ({"cargo": {**answers.CARGO, "inventory": {}}}, r"data\.cargo\.inventory: expected a list"),
        ({"cargo": {**answers.CARGO, "inventory": [{"symbol": "IRON"}]}}, r"data\.cargo\.inventory\[0\]\.units"),
        (
            {"nav": {**answers.NAV, "route": {**answers.NAV["route"], "arrival": "tomorrow"}}},
            r"data\.nav\.route\.arrival: expected a time",
        ),
        ({"symbol": None}, r"data\.symbol: expected a text, got nothing"),
    ],
)
def test_what_cannot_be_read_is_named(game: GameServer, gateway: HttpGateway, broken: Any, complaint: str) -> None:
    game.answers(data({**answers.SHIP, **broken}))

    with pytest.raises(UnexpectedAnswer, match=complaint):
        gateway.get_ship("TRADER-1")


def test_an_unreadable_answer_to_a_write_leaves_it_to_be_settled(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(Reply({"ok": True}, 201))

    with pytest.raises(errors.ServerUnavailable, match=r"answer\.data") as caught:
        gateway.purchase("S-1", "IRON", 3)

    assert not isinstance(caught.value, errors.RequestNotSent)


@pytest.mark.parametrize(
    ("stated", "read"),
    [("2026-01-04T10:00:00Z", 10), ("2026-01-04T10:00:00+02:00", 8), ("2026-01-04T10:00:00", 10)],
)
def test_times_are_utc_however_they_are_written(game: GameServer, gateway: HttpGateway, stated: str, read: int) -> None:
    game.answers(Reply({**answers.STATUS, "health": {"lastMarketUpdate": stated}}))

    assert gateway.get_status().last_market_update == datetime(2026, 1, 4, read, tzinfo=UTC)


def test_numbers_may_be_written_as_fractions(game: GameServer, gateway: HttpGateway) -> None:
    game.answers(data({**answers.AGENT, "credits": 175000.0}))

    credits = gateway.get_agent().credits

    assert (credits, type(credits)) == (175000, int)


# Secrets, and where it is sent


def _everything_said(error: BaseException) -> str:
    return repr(error) + str(error.args) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "trouble",
    [
        Hangup(),
        Reply(b"{"),
        error(4104, f"Failed to parse token {TOKEN}.", 401),
        error(429, TOKEN, 429),
        Reply(b"", 500),
    ],
)
def test_the_token_is_never_told(
    game: GameServer, gateway: HttpGateway, caplog: pytest.LogCaptureFixture, trouble: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    game.answers(trouble)

    def attempt(call: Any) -> errors.GatewayError:
        with pytest.raises(errors.GatewayError) as caught:
            call()
        return caught.value

    gateway_of_budget = gateway._budget
    gateway_of_budget.penalize = lambda *_: setattr(gateway_of_budget, "refuses", True)  # type: ignore[attr-defined]
    said = [_everything_said(attempt(call)) for call in (gateway.get_agent, lambda: gateway.sell("S-1", "IRON", 1))]

    for text in (*said, caplog.text, repr(gateway), repr(Request(method="GET", path="/", token=TOKEN))):
        assert TOKEN not in text
        assert TOKEN.rpartition(".")[2] not in text
    assert all(TOKEN not in asked.path for asked in game.asked)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api.spacetraders.io", "https://api.spacetraders.io/v2"),
        ("https://api.spacetraders.io/v2/", "https://api.spacetraders.io/v2"),
        (" http://127.0.0.1:8080/proxy/v2 ", "http://127.0.0.1:8080/proxy/v2"),
    ],
)
def test_a_base_url_needs_no_slash_and_no_version(given: str, used: str) -> None:
    assert normalized_base_url(given) == used


@pytest.mark.parametrize("url", ["api.spacetraders.io", "ftp://api.spacetraders.io", "http://", ""])
def test_a_base_url_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        normalized_base_url(url)


def test_the_transport_can_be_replaced(budget: BookedBudget) -> None:
    class InProcess:
        def send(self, request: Request) -> Answer:
            assert (request.method, request.path, request.token) == ("GET", "/my/ships/S-1/cargo", TOKEN)
            return Answer(status=200, headers={}, body=b'{"data": {"capacity": 40, "units": 0, "inventory": []}}')

    gateway: SpaceTradersGateway = HttpGateway(InProcess(), TOKEN, budget)

    assert gateway.get_cargo("S-1").free == 40
