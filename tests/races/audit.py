"""Whether the books add up: each check is one statement, so it sees one moment however busy the database is."""

from sqlalchemy import Engine, text

_POOL = """
WITH promised AS (
    SELECT lot_id, sum(units_consumed) AS consumed,
           coalesce(sum(units - units_consumed) FILTER (WHERE status = 'RESERVED'), 0) AS still_open
    FROM pool_reservations GROUP BY lot_id
), lots AS (
    SELECT lot.*, coalesce(promised.consumed, 0) AS taken, coalesce(promised.still_open, 0) AS still_open
    FROM pool_lots AS lot LEFT JOIN promised ON promised.lot_id = lot.id
), sums AS (
    SELECT pool_id, sum(units_held) FILTER (WHERE status = 'OPEN') AS held, sum(units_reserved) AS reserved
    FROM lots GROUP BY pool_id
)
SELECT format('lot %s: %s added, %s held, %s reserved, %s consumed, %s liquidated; promises took %s and wait for %s',
              id, units_added, units_held, units_reserved, units_consumed, units_liquidated, taken, still_open)
FROM lots
WHERE units_added <> units_held + units_consumed + units_liquidated OR units_reserved > units_held
   OR units_reserved <> still_open OR units_consumed <> taken
UNION ALL
SELECT format('pool %s: %s available and %s reserved, but its lots have %s and %s',
              good, available_units, reserved_units, held - reserved, reserved)
FROM intermediate_good_pools AS pool JOIN sums ON sums.pool_id = pool.id
WHERE available_units <> held - reserved OR reserved_units <> reserved
UNION ALL
SELECT format('%s units were consumed, and the ledger moved the cost of %s, for %s credits', consumed, moved, net)
FROM (SELECT (SELECT coalesce(sum(units_consumed), 0) FROM pool_lots) AS consumed,
             (SELECT coalesce(sum(units), 0) / 2 FROM ledger_entries WHERE kind = 'TRANSFER') AS moved,
             (SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE kind = 'TRANSFER') AS net) AS reused
WHERE consumed <> moved OR net <> 0
"""

_MONEY = """
SELECT format('%s credits of which %s are held leave less than the floor', credits, credits_reserved)
FROM players WHERE credits - credits_reserved < :floor
UNION ALL
SELECT format('%s credits are reserved, and the intents hold %s', credits_reserved, held)
FROM players, (SELECT coalesce(sum(amount), 0) AS held FROM spend_reservations WHERE status = 'HELD') AS holds
WHERE credits_reserved <> held
UNION ALL
SELECT format('%s credits, but %s at the start and %s since', credits, start_credits, moved)
FROM players, (SELECT coalesce(sum(amount), 0) AS moved FROM ledger_entries) AS ledger
WHERE credits <> start_credits + moved
"""

_TWO_HOLDERS = """
SELECT format('%s was given to %s before %s had given it back', factory, process, before)
FROM (SELECT factory, process, held_from, lag(process) OVER its AS before, lag(held_until) OVER its AS until
      FROM holds WINDOW its AS (PARTITION BY factory ORDER BY held_from)) AS periods
WHERE held_from < until
"""

_OLD_TOKENS = """
SELECT format('%s was held with token %s, and then with %s', factory, before, fencing_token)
FROM (SELECT factory, fencing_token, lag(fencing_token) OVER its AS before
      FROM holds WINDOW its AS (PARTITION BY factory ORDER BY held_from)) AS periods
WHERE fencing_token <= before
"""

_PARTIAL_SETS = """
SELECT format('%s wanted %s factories and got %s', id, planned_quantity, got)
FROM (SELECT pipeline.id, planned_quantity, count(reservation.id) AS got
      FROM manufacturing_pipelines AS pipeline
      LEFT JOIN factory_reservations AS reservation ON reservation.pipeline_id = pipeline.id
      GROUP BY pipeline.id) AS sets
WHERE got <> planned_quantity
"""

_STILL_HELD = """
SELECT format('%s is still held by %s', factory_symbol, pipeline_id)
FROM factory_reservations WHERE status = 'ACTIVE'
"""

#: Factory, fencing token, and from when to when it was surely held (monotonic nanoseconds), of one process.
Hold = tuple[str, int, int, int]


def pool(engine: Engine) -> list[str]:
    """Units that do not add up: within a lot, between lots and promises, lots and pools, or pools and ledger."""
    return _wrong(engine, _POOL)


def money(engine: Engine, floor: int) -> list[str]:
    """Credits that do not add up, or fewer of them free than the floor."""
    return _wrong(engine, _MONEY, floor=floor)


def factories(engine: Engine, holds: list[list[Hold]]) -> list[str]:
    """Factories with two holders at once, tokens that did not grow, sets that are not whole, and what nobody gave back;
    ``holds`` by process."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS holds "
                "(factory text, process int, fencing_token bigint, held_from bigint, held_until bigint)"
            )
        )
        connection.execute(text("DELETE FROM holds"))
        rows = [
            {"factory": factory, "process": process, "token": token, "begun": begun, "ended": ended}
            for process, its in enumerate(holds)
            for factory, token, begun, ended in its
        ]
        connection.execute(text("INSERT INTO holds VALUES (:factory, :process, :token, :begun, :ended)"), rows)
    return [
        wrong
        for statement in (_TWO_HOLDERS, _OLD_TOKENS, _PARTIAL_SETS, _STILL_HELD)
        for wrong in _wrong(engine, statement)
    ]


def _wrong(engine: Engine, statement: str, **values: int) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement), values).scalars())
