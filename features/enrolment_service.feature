Feature: EnrolmentService
  A player's agent, map and ships are read when the fleet starts, and kept up to date.

  Background:
    Given a fleet in the pocket system

  Scenario: A new player is known with its money, its map and its ships
    Then the player has the agent's credits
    And 8 waypoints are known, all with markets that sell fuel
    And every ship of the agent is known and idle

  Scenario: A player that comes back is the same player
    When the player enrols again
    Then there is one player
    And nothing is known twice

  Scenario: A ship that was bought by hand is found
    When the agent buys a hauler BOUGHT-1 by hand
    And the ships are refreshed
    Then BOUGHT-1 is available

  Scenario: What happened to an idle ship by hand is taken over
    Given a hauler HAULER-1 at the capital
    And HAULER-1 was sent to the depot by hand, and we do not know
    When the ships are refreshed
    Then HAULER-1 is not available

  Scenario: A ship at work is not touched: its worker asks the game itself
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When HAULER-1 is given the ACQUIRE of COPPER
    And the ships are refreshed
    Then HAULER-1 has the ACQUIRE of COPPER
    And the game is to be asked about HAULER-1 before it acts

  Scenario: After a reset of the universe the agent is another player
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When the universe begins anew and the player enrols again
    Then there are two players
    And the old player's rows can still be read
