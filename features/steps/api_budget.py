"""Steps of api_budget.feature: a real Redis, and callers on a virtual clock."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, cast

from behave import given, then, when
from behave.runner import Context

from manufacturing.adapters.redis.api_budget import BudgetRules, Granted, RedisApiBudget
from manufacturing.adapters.redis.client import connect
from manufacturing.domain.gateway import PRIORITY_OF, Purpose
from manufacturing.domain.ids import PlayerId
from tests import servers
from tests.redis.crowd import Caller, VirtualTime, serve
from tests.redis.game_limiter import refused

_KEYS = count(1)

#: Less than this apart is the same moment.
_SAME_MOMENT = 0.05


@dataclass
class Account:
    """One account, and who asked for its calls when."""

    time: VirtualTime = field(default_factory=VirtualTime)
    scan_share: float = 0.6
    callers: list[Caller] = field(default_factory=list)
    key: str = field(default_factory=lambda: f"feature-{next(_KEYS)}")
    asked_from: float = 0.0

    def process(self, player: int | None = None, weight: int = 1) -> RedisApiBudget:
        """The budget as one more process sees it, for a player."""
        return RedisApiBudget(
            connect(servers.valkey().url()),
            self.key,
            rules=BudgetRules(scan_share=self.scan_share),
            player_id=PlayerId(player) if player is not None else None,
            weight=weight,
            now=self.time,
            sleep=self.time.sleep,
            monotonic=self.time,
        )

    def serve(self, seconds: float) -> list[Caller]:
        """Lets everybody who asked wait and go for so long; those who went, in their order."""
        self.asked_from = self.time.now
        served = serve(self.process(), self.time, self.callers, until=self.time.now + seconds)
        self.callers = [caller for caller in self.callers if caller.granted_at is None]
        return served

    def remember(self) -> None:
        """Makes the budget know that nobody calls for two minutes."""
        self.process().ask(PRIORITY_OF[Purpose.STATE], Purpose.STATE, "GET /my/agent")
        self.time.sleep(120)


def _account(context: Context) -> Account:
    if not hasattr(context, "account"):
        context.account = Account()
    return cast(Account, context.account)


def _crowd(purpose: Purpose, how_many: int, at: float, **how: Any) -> list[Caller]:
    return [Caller(at, purpose, **how) for _ in range(how_many)]


def _went(callers: list[Caller]) -> list[float]:
    return [caller.granted_at for caller in callers if caller.granted_at is not None]


@given("nobody has called for a while")
def nobody_has_called(context: Context) -> None:
    _account(context).remember()


@given("all calls of this minute are used up")
def all_calls_are_used_up(context: Context) -> None:
    account = _account(context)
    account.remember()
    budget = account.process()
    while isinstance(budget.ask(PRIORITY_OF[Purpose.TRADE], Purpose.TRADE, "POST /buy"), Granted):
        pass


@given("scans may have {share:d} % of all calls")
def scans_may_have(context: Context, share: int) -> None:
    _account(context).scan_share = share / 100


@given("Redis has lost its memory")
def redis_has_lost_its_memory(context: Context) -> None:
    account = _account(context)
    account.remember()
    servers.flushed_redis_url()


@given("{how_many:d} scans ask for a call at once")
def scans_ask(context: Context, how_many: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.SCAN, how_many, account.time.now)


@given("a scan asks for a call")
def a_scan_asks(context: Context) -> None:
    account = _account(context)
    context.scan = Caller(account.time.now, Purpose.SCAN)
    account.callers.append(context.scan)


@given("{how_many:d} trades ask for a call at once and their process is killed")
def trades_are_killed(context: Context, how_many: int) -> None:
    account = _account(context)
    now = account.time.now
    account.callers += _crowd(Purpose.TRADE, how_many, now, vanishes_at=now + 0.1)


@when("{how_many:d} trades ask for a call at once")
@when("{how_many:d} trades of another process ask for a call at once")
def trades_ask(context: Context, how_many: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.TRADE, how_many, account.time.now)
    context.served = account.serve(90)


@when("a trade asks half a second later")
def a_trade_asks_later(context: Context) -> None:
    account = _account(context)
    context.trade = Caller(account.time.now + 0.5, Purpose.TRADE)
    account.callers.append(context.trade)
    context.served = account.serve(30)


@when("a scan asks half a second later")
def a_scan_asks_later(context: Context) -> None:
    account = _account(context)
    context.scan = Caller(account.time.now + 0.5, Purpose.SCAN)
    account.callers.append(context.scan)
    context.served = account.serve(30)


@when("{processes:d} processes ask for calls without a pause for {minutes:d} minutes")
def processes_ask(context: Context, processes: int, minutes: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.TRADE, processes, account.time.now, greedy=True)
    context.minutes = minutes
    context.served = account.serve(minutes * 60)


@when("scans ask for calls without a pause for {minutes:d} minutes")
def scans_ask_on(context: Context, minutes: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.SCAN, 4, account.time.now, greedy=True)
    context.served = account.serve(minutes * 60)


@when("trades ask for more calls than there are for {minutes:d} minutes")
def trades_ask_on(context: Context, minutes: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.TRADE, 4, account.time.now, greedy=True)
    context.served = account.serve(minutes * 60)


@when("the players A and B ask for calls without a pause for {minutes:d} minutes")
def players_ask(context: Context, minutes: int) -> None:
    players_of_parts_ask(context, 1, minutes)


@when("the players A and B, who has {parts:d} parts, ask for calls without a pause for {minutes:d} minutes")
def players_of_parts_ask(context: Context, parts: int, minutes: int) -> None:
    account = _account(context)
    now = account.time.now
    account.callers += _crowd(Purpose.TRADE, 6, now, greedy=True, name="A", budget=account.process(1))
    account.callers += _crowd(Purpose.TRADE, 6, now, greedy=True, name="B", budget=account.process(2, parts))
    context.served = account.serve(minutes * 60)


@given("{how_many:d} trades of player A ask for a call at once")
def trades_of_a_ask(context: Context, how_many: int) -> None:
    account = _account(context)
    account.callers += _crowd(Purpose.TRADE, how_many, account.time.now, name="A", budget=account.process(1))


@when("a trade of player B asks two seconds later")
def a_trade_of_b_asks(context: Context) -> None:
    account = _account(context)
    context.trade = Caller(account.time.now + 2, Purpose.TRADE, "B", budget=account.process(2))
    account.callers.append(context.trade)
    context.served = account.serve(60)


@when("the game refuses a call of one process and asks to wait {seconds:d} seconds")
def the_game_refuses(context: Context, seconds: int) -> None:
    _account(context).process().penalize(Purpose.SCAN, "GET /market", timedelta(seconds=seconds))


@when("a player makes {trades:d} trades and {scans:d} scans and the game refuses one of the trades")
def a_player_makes_calls(context: Context, trades: int, scans: int) -> None:
    budget = _account(context).process()
    for purpose in [Purpose.TRADE] * trades + [Purpose.SCAN] * scans:
        budget.acquire(PRIORITY_OF[purpose], purpose, "POST /something", 10)
    budget.penalize(Purpose.TRADE, "POST /something", timedelta(seconds=1))
    context.usage = {row.purpose.value: row for row in budget.drain_usage()}


@then("{how_many:d} of them go at once")
def so_many_go_at_once(context: Context, how_many: int) -> None:
    start = _account(context).asked_from
    assert sum(at - start < _SAME_MOMENT for at in _went(context.served)) == how_many


@then("the others go two by two, a second apart")
def the_others_go_in_pairs(context: Context) -> None:
    start = _account(context).asked_from
    others = [at for at in _went(context.served) if at - start >= _SAME_MOMENT]
    assert len(others) == 8, others
    assert all(second - first < _SAME_MOMENT for first, second in zip(others[::2], others[1::2], strict=True))
    assert all(1 <= later - earlier < 1 + _SAME_MOMENT for earlier, later in pairwise(others[::2]))


@then("they get at least {share:d} % of two calls a second and thirty a minute")
def they_get_their_share(context: Context, share: int) -> None:
    assert len(context.served) >= share / 100 * context.minutes * 150, len(context.served)


@then("A gets {a:d} % of the calls and B {b:d} %")
def they_get_their_parts(context: Context, a: int, b: int) -> None:
    got = Counter(caller.name for caller in context.served)
    for name, part in (("A", a), ("B", b)):
        assert abs(got[name] / len(context.served) - part / 100) < 0.03, got


@then("that trade goes within {seconds:d} second")
def that_trade_goes(context: Context, seconds: int) -> None:
    assert context.trade.granted_at is not None
    assert context.trade.granted_at - context.trade.asks_at <= seconds + _SAME_MOMENT


@then("the game refuses none of them")
def the_game_refuses_none(context: Context) -> None:
    assert context.served
    assert refused(_went(context.served)) == []


@then("the trade goes with the very next call")
def the_trade_is_next(context: Context) -> None:
    before = [at for at in _went(context.served) if at < context.trade.asks_at]
    after = [at for at in _went(context.served) if at >= context.trade.asks_at]
    assert len(before) == 32
    assert context.trade.granted_at is not None
    assert context.trade.granted_at - min(after) < _SAME_MOMENT


@then("the scan has gone within {minutes:d} minutes")
def the_scan_has_gone(context: Context, minutes: int) -> None:
    assert context.scan.granted_at is not None
    assert context.scan.granted_at - context.scan.asks_at < minutes * 60


@then("the scan goes within {seconds:d} seconds")
def the_scan_goes(context: Context, seconds: int) -> None:
    assert context.scan.granted_at is not None
    assert context.scan.granted_at - context.scan.asks_at < seconds


@then("in no minute more than {how_many:d} of them go")
def no_more_go(context: Context, how_many: int) -> None:
    went = _went(context.served)
    assert len(went) > how_many
    assert max(sum(begin <= at < begin + 60 for at in went) for begin in went) <= how_many


@then("none of them goes in the first second")
def none_goes_at_first(context: Context) -> None:
    none_goes_for(context, 1)


@then("none of them goes for {seconds:d} seconds")
def none_goes_for(context: Context, seconds: int) -> None:
    start = _account(context).asked_from
    went = _went(context.served)
    assert went
    assert min(went) - start >= seconds


@then("none of the thirty calls a minute is used in the first minute")
def no_burst_in_the_first_minute(context: Context) -> None:
    start = _account(context).asked_from
    went = [at for at in _went(context.served) if at - start < 60]
    assert all(sum(begin <= at < begin + 1 for at in went) <= 2 for begin in went)


@then("{calls:d} calls are counted for {purpose}, of which {rejected:d} was refused")
@then("{calls:d} calls are counted for {purpose}, of which {rejected:d} were refused")
def calls_are_counted(context: Context, calls: int, purpose: str, rejected: int) -> None:
    row = context.usage[purpose]
    assert (row.calls, row.rejected_429) == (calls, rejected)


@then("nothing is counted twice")
def nothing_is_counted_twice(context: Context) -> None:
    assert _account(context).process().drain_usage() == []
