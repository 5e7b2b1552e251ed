Feature: MarketScanService
  Prices are kept fresh where ships are, and ships are sent where none are.

  Background:
    Given a fleet in the pocket system

  Scenario: Markets with a ship present are read once after every second recalculation
    When 29 minutes pass
    And markets are scanned
    Then no markets were read
    When 2 minutes pass
    And markets are scanned
    Then 8 markets were read
    When 28 minutes pass
    And markets are scanned
    Then no markets were read
    When 2 minutes pass
    And markets are scanned
    Then 8 markets were read

  Scenario: Where that is wanted, they are read after each recalculation
    Given markets are read after each recalculation
    When 14 minutes pass
    And markets are scanned
    Then no markets were read
    When 2 minutes pass
    And markets are scanned
    Then 8 markets were read
    When 13 minutes pass
    And markets are scanned
    Then no markets were read

  Scenario: A market that somebody has looked at since is not read again
    When 16 minutes pass
    And our observer at the works reports
    And 15 minutes pass
    And markets are scanned
    Then 7 markets were read

  Scenario: Where nobody follows recalculations, markets are read every five minutes
    Given factories are polled by the policy PLAN
    When 4 minutes pass
    And markets are scanned
    Then no markets were read
    When 1 minutes pass
    And markets are scanned
    Then 8 markets were read
    When markets are scanned
    Then no markets were read

  Scenario: The same where the game does not tell of them
    Given the game does not tell when markets were recalculated
    When 6 minutes pass
    And markets are scanned
    Then 8 markets were read

  Scenario: A ship at work reads the market where it trades, not where it stops on the way
    Given no ship of ours is at the depot
    And a hauler HAULER-1 at the depot with 20 COPPER aboard
    And HAULER-1 works for a LIQUIDATE of 20 COPPER at the works
    When 31 minutes pass
    And markets are scanned
    Then 7 markets were read

  Scenario: A market is not read from afar
    Given no ship of ours is at the depot
    When 31 minutes pass
    And markets are scanned
    Then 7 markets were read

  Scenario: What was seen is known, with its history
    Given COPPER is SCARCE at the refinery, though nobody has seen it yet
    When 31 minutes pass
    And markets are scanned
    Then COPPER is known to be SCARCE at the refinery, as of now
    And the history of COPPER at the refinery ends with SCARCE after HIGH
    And whoever assigns tasks is told

  Scenario: What has not changed makes no history
    When 31 minutes pass
    And markets are scanned
    Then COPPER is known to be HIGH at the refinery, as of now
    And the history of COPPER at the refinery has one entry

  Scenario: What we know keeps ask and bid apart, as the game has them
    Given COPPER is LIMITED at the works, though nobody has seen it yet
    When 31 minutes pass
    And markets are scanned
    Then every listing we know has the game's purchase price as its ask and the game's sell price as its bid

  Scenario: A ship is sent to a market that nobody has seen for three hours
    Given no ship of ours is at the depot
    When 179 minutes pass
    And markets are scanned
    And scouts are sent
    Then nobody is sent to the depot
    When 2 minutes pass
    And scouts are sent
    And scouts are sent
    Then one ship is sent to the depot
    When the scout has been there
    Then ELECTRONICS is known to be MODERATE at the depot, as of its visit
    When scouts are sent
    Then nobody is sent to the depot

  Scenario: A market nobody has ever seen is visited at once
    Given no ship of ours is at the depot
    And nobody has ever seen the depot
    When scouts are sent
    Then one ship is sent to the depot
