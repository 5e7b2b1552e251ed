-- The API budget of one account, shared by every process that plays it (docs/game.md, "Rate limit").
--
-- All times are whole microseconds on one axis: this server's clock, or the caller's `now` where it brings one.
--
-- A pool is the list of the moments at which its tokens were last given away, newest first. A token can be given again
-- one span later, so in no stretch of that span are more given than the pool has. Whatever window the game has open
-- lies within such a stretch: it never matters whether its windows begin when ours do, nor whether a call that was let
-- through really arrived.

local STEADY, BURST, SCANS, CLOCK = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local QUEUES, SCAN_QUEUES, ALIVE, USAGE, TURNS = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]

local operation, given_now, keep_ms, usage_field = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local steady_tokens, steady_span = tonumber(ARGV[5]), tonumber(ARGV[6])
local burst_tokens, burst_span = tonumber(ARGV[7]), tonumber(ARGV[8])
local scan_tokens, scan_span = tonumber(ARGV[9]), tonumber(ARGV[10])

local function text(number)
  return string.format('%.0f', number)
end

-- Takes every token of a pool: none is free before `free_at`.
local function drain(list, tokens, span, free_at)
  redis.call('DEL', list)
  for _ = 1, tokens do
    redis.call('LPUSH', list, text(free_at - span))
  end
  redis.call('PEXPIRE', list, keep_ms)
end

-- Everybody who asked of late, with the weight of their part of the calls.
local function weights_of_players()
  local weights, kept = {}, redis.call('HGETALL', TURNS)
  for i = 1, #kept, 2 do
    local player = string.match(kept[i], '^weight (.*)$')
    if player then
      weights[player] = tonumber(kept[i + 1])
    end
  end
  return weights
end

-- The current moment. Without a memory both pools count as just used up: somebody may have done so before us.
local function tell_time()
  local now = given_now
  if not now then
    local clock = redis.call('TIME')
    now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
  end
  local last = tonumber(redis.call('GET', CLOCK) or nil)
  if not last or now < last - burst_span then
    drain(STEADY, steady_tokens, steady_span, now + steady_span)
    drain(BURST, burst_tokens, burst_span, now + burst_span)
    for player in pairs(weights_of_players()) do
      redis.call('DEL', QUEUES .. player, SCAN_QUEUES .. player)
    end
    redis.call('DEL', SCANS, ALIVE, TURNS)
  elseif now < last then
    now = last -- a clock put back a little stands still until it has caught up
  end
  redis.call('SET', CLOCK, text(now), 'PX', keep_ms)
  return now
end

-- When each token of a pool is free, soonest first and never before now; and how many are free already.
local function tokens_of(list, tokens, span, now)
  local given = redis.call('LRANGE', list, 0, tokens - 1)
  local free_at, free = {}, tokens - #given
  for _ = 1, free do
    free_at[#free_at + 1] = now
  end
  for i = #given, 1, -1 do
    local moment = tonumber(given[i]) + span
    if moment <= now then
      free = free + 1
    end
    free_at[#free_at + 1] = math.max(moment, now)
  end
  return free_at, free
end

local function spend(list, tokens, now)
  redis.call('LPUSH', list, text(now))
  redis.call('LTRIM', list, 0, tokens - 1)
  redis.call('PEXPIRE', list, keep_ms)
end

-- When there is a token for whoever has `ahead` others before them, looking no further than `horizon`.
local function token_after(ahead, steady, burst, horizon)
  local next_steady, next_burst, moment = 1, 1, nil
  for _ = 0, ahead do
    if next_burst > #burst or steady[next_steady] <= burst[next_burst] then
      moment = steady[next_steady]
      next_steady = next_steady + 1
      steady[#steady + 1] = moment + steady_span
    else
      moment = burst[next_burst]
      next_burst = next_burst + 1
    end
    if moment >= horizon then
      return horizon
    end
  end
  return moment
end

-- Tickets are kept as `player ticket`.
local function leave(member)
  local player, ticket = string.match(member, '^(%S+) (.*)$')
  redis.call('ZREM', QUEUES .. player, ticket)
  redis.call('ZREM', SCAN_QUEUES .. player, ticket)
  redis.call('ZREM', ALIVE, member)
end

-- Whose turn it is. Players take turns by their weights: each call of one with weight w advances its turn by 1/w, and the
-- lowest turn is next. A player whose turn it is and who wants nothing is passed over, so no call is lost. It may catch
-- up on as many calls as both pools have at once, and no more: nobody saves calls up.
local function turns_of(weights)
  local heaviest, kept = 0, {}
  for name, weight in pairs(weights) do
    heaviest = math.max(heaviest, weight)
    kept[name] = tonumber(redis.call('HGET', TURNS, 'turn ' .. name) or nil)
  end
  local top = tonumber(redis.call('HGET', TURNS, 'top') or nil) or 0
  local lowest = top - (steady_tokens + burst_tokens) / heaviest
  local turns = {}
  for name in pairs(weights) do
    turns[name] = math.max(kept[name] or top, lowest)
  end
  return turns, top
end

-- How many calls of others come before the one of `player` that has `ahead` calls of its own before it, and how many of
-- them are scans.
local function before_me(player, weights, ahead, scans_free)
  local turns = turns_of(weights)
  local mine, calls, scans = turns[player] + ahead / weights[player], 0, 0
  for name, weight in pairs(weights) do
    if name ~= player then
      local urgent = redis.call('ZCARD', QUEUES .. name)
      local waiting = urgent + math.min(redis.call('ZCARD', SCAN_QUEUES .. name), math.max(0, scans_free - scans))
      local goes = (mine - turns[name]) * weight
      if name < player then
        goes = math.floor(goes + 1e-6) + 1 -- of equal turns the first by name
      else
        goes = math.ceil(goes - 1e-6)
      end
      goes = math.max(0, math.min(goes, waiting))
      calls = calls + goes
      scans = scans + math.max(0, goes - urgent)
    end
  end
  return calls, scans
end

-- The player has had its turn.
local function take_turn(player, weights)
  local turns, top = turns_of(weights)
  redis.call('HSET', TURNS, 'top', string.format('%.9f', math.max(top, turns[player])), 'turn ' .. player,
    string.format('%.9f', turns[player] + 1 / weights[player]), 'weight ' .. player, weights[player])
  redis.call('PEXPIRE', TURNS, keep_ms)
end

-- Answers {1, now} when the call may be sent now, else {0, microseconds until it is worth asking again}.
local function ask()
  local ticket, is_scan, handicap = ARGV[11], ARGV[12] == '1', tonumber(ARGV[13])
  local waited, patience, grace = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])
  local player, weight = ARGV[17], tonumber(ARGV[18])
  local now = tell_time()
  local horizon = now + patience

  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', ALIVE, '-inf', text(now))) do
    leave(gone)
  end

  -- Whose turn it is among the players is one thing; within a player, whoever asked first goes first. Less urgent calls
  -- count as having asked later, so waiting makes up for it.
  local mine, theirs = QUEUES .. player, SCAN_QUEUES .. player
  if is_scan then
    mine, theirs = theirs, mine
  end
  local place = text(tonumber(redis.call('ZSCORE', mine, ticket) or nil) or now - waited + handicap)
  local ahead_of_mine
  if ticket == '' then
    ahead_of_mine = redis.call('ZCOUNT', mine, '-inf', '(' .. place)
  else
    redis.call('ZADD', mine, 'NX', place, ticket)
    ahead_of_mine = redis.call('ZRANK', mine, ticket)
  end
  local ahead_of_theirs = redis.call('ZCOUNT', theirs, '-inf', '(' .. place)
  local weights = weights_of_players()
  weights[player] = weight
  local other = next(weights) ~= player or next(weights, player) ~= nil

  local scan_free_at, scans_free = {}, 0
  if is_scan or ahead_of_theirs > 0 or other then
    scan_free_at, scans_free = tokens_of(SCANS, scan_tokens, scan_span, now)
  end

  -- Scans before us count only as far as their share lets them go.
  local own_ahead = ahead_of_mine
  if is_scan then
    own_ahead = own_ahead + ahead_of_theirs
  else
    own_ahead = own_ahead + math.min(ahead_of_theirs, scans_free)
  end
  local others_ahead, others_scans = before_me(player, weights, own_ahead, scans_free)

  local come_back
  local scans_ahead = ahead_of_mine + others_scans
  if is_scan and scans_ahead >= scans_free then
    come_back = scan_free_at[scans_ahead + 1] or horizon
  else
    local ahead = own_ahead + others_ahead
    local steady_free_at, steady_free = tokens_of(STEADY, steady_tokens, steady_span, now)
    local burst_free_at, burst_free = tokens_of(BURST, burst_tokens, burst_span, now)
    if ahead < steady_free + burst_free then
      if steady_free > 0 then
        spend(STEADY, steady_tokens, now)
      else
        spend(BURST, burst_tokens, now)
      end
      if is_scan then
        spend(SCANS, scan_tokens, now)
      end
      if ticket ~= '' then
        leave(player .. ' ' .. ticket)
      end
      take_turn(player, weights)
      redis.call('HINCRBY', USAGE, usage_field, 1)
      return { 1, now }
    end
    come_back = token_after(ahead, steady_free_at, burst_free_at, horizon)
  end

  come_back = math.max(now + 1, math.min(come_back, horizon))
  if ticket ~= '' then
    redis.call('ZADD', ALIVE, text(come_back + grace), player .. ' ' .. ticket)
    redis.call('HSET', TURNS, 'weight ' .. player, weight)
    for _, key in ipairs({ QUEUES .. player, SCAN_QUEUES .. player, ALIVE, TURNS }) do
      redis.call('PEXPIRE', key, keep_ms)
    end
  end
  return { 0, come_back - now }
end

-- The game refused a call that we had let through. Both of its pools were empty then, so ours are, too: the steady one
-- until the moment the game named, the other for as long as its window may last.
local function penalize()
  local retry_after = tonumber(ARGV[11])
  local now = tell_time()
  drain(STEADY, steady_tokens, steady_span, now + retry_after)
  drain(BURST, burst_tokens, burst_span, now + math.max(retry_after, burst_span))
  redis.call('HINCRBY', USAGE, usage_field, 1)
  return { 0, retry_after }
end

-- A call that was let through at `given_at` reached the game later than usual, by as much as `late_by`.
local function postpone()
  local given_at, late_by = tonumber(ARGV[11]), tonumber(ARGV[12])
  for _, list in ipairs({ STEADY, BURST }) do
    local given = redis.call('LRANGE', list, 0, -1)
    for i, moment in ipairs(given) do
      if tonumber(moment) == given_at then
        given[i] = text(given_at + late_by)
        table.sort(given, function(a, b) return tonumber(a) > tonumber(b) end)
        redis.call('DEL', list)
        redis.call('RPUSH', list, unpack(given))
        redis.call('PEXPIRE', list, keep_ms)
        return { 1, 0 }
      end
    end
  end
  return { 0, 0 }
end

return ({ ask = ask, penalize = penalize, postpone = postpone })[operation]()
