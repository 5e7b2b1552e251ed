Feature: The API budget
  The game allows two calls a second and thirty more a minute. Everybody who plays an account shares them, the urgent
  goes first, and the game never has to refuse a call.

  Scenario: A burst takes both pools, and what is left over waits for the next second
    Given nobody has called for a while
    When 40 trades ask for a call at once
    Then 32 of them go at once
    And the others go two by two, a second apart

  Scenario: Calls made from many processes never exceed what the game allows
    Given nobody has called for a while
    When 4 processes ask for calls without a pause for 2 minutes
    Then they get at least 98 % of two calls a second and thirty a minute
    And the game refuses none of them

  Scenario: A trade goes before scans that were asked earlier
    Given nobody has called for a while
    And 50 scans ask for a call at once
    When a trade asks half a second later
    Then the trade goes with the very next call

  Scenario: A scan is not put off for ever
    Given all calls of this minute are used up
    And a scan asks for a call
    When trades ask for more calls than there are for 2 minutes
    Then the scan has gone within 2 minutes

  Scenario: Scans leave calls for trading
    Given scans may have 60 % of all calls
    And nobody has called for a while
    When scans ask for calls without a pause for 2 minutes
    Then in no minute more than 90 of them go

  Scenario: Two players of one account share its calls
    Given nobody has called for a while
    When the players A and B ask for calls without a pause for 2 minutes
    Then A gets 50 % of the calls and B 50 %
    And the game refuses none of them

  Scenario: A player with a larger part gets more while both want calls
    Given nobody has called for a while
    When the players A and B, who has 3 parts, ask for calls without a pause for 2 minutes
    Then A gets 25 % of the calls and B 75 %

  Scenario: A player need not wait until another has all the calls it asked for
    Given nobody has called for a while
    And 100 trades of player A ask for a call at once
    When a trade of player B asks two seconds later
    Then that trade goes within 1 second

  Scenario: After Redis lost its memory the fleet starts carefully
    Given Redis has lost its memory
    When 40 trades ask for a call at once
    Then none of them goes in the first second
    And none of the thirty calls a minute is used in the first minute

  Scenario: When the game refuses a call everybody waits as long as it asks
    Given nobody has called for a while
    When the game refuses a call of one process and asks to wait 7 seconds
    And 40 trades of another process ask for a call at once
    Then none of them goes for 7 seconds

  Scenario: A process that was killed while it waited holds nobody up
    Given all calls of this minute are used up
    And 10 trades ask for a call at once and their process is killed
    When a scan asks half a second later
    Then the scan goes within 2 seconds

  Scenario: Every call is counted under its purpose
    Given nobody has called for a while
    When a player makes 3 trades and 2 scans and the game refuses one of the trades
    Then 3 calls are counted for TRADE, of which 1 was refused
    And 2 calls are counted for SCAN, of which 0 were refused
    And nothing is counted twice
