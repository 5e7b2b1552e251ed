Feature: SupplyMonitor
  Watches the outputs of factories at work, every 30 seconds, where a ship of ours is there to see.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  Scenario: A factory is due 30 seconds after its last look
    Then no factory is due for a look
    When 30 seconds pass
    Then the works is due for a look
    When the due looks are taken
    Then the works was looked at once
    And no factory is due for a look
    When 30 seconds pass
    And the due looks are taken
    Then the works was looked at twice

  Scenario: An output that becomes plentiful is seen, and whoever assigns is told
    Given ELECTRONICS is HIGH at the works, though nobody has seen it yet
    When 30 seconds pass
    And the due looks are taken
    Then the works was last seen with HIGH ELECTRONICS
    And whoever assigns tasks is told

  Scenario: Nobody is told of an output that stays scarce
    When 30 seconds pass
    And the due looks are taken
    Then whoever assigns tasks is not told

  Scenario: Without a ship there nothing is asked of the game, and it says so
    Given no ship of ours is at the works
    When 30 seconds pass
    And the due looks are taken
    Then the works was never looked at
    And it was noted that no ship is there to see ELECTRONICS
    And the next look at the works is due in 30 seconds

  Scenario: A message that comes twice is one look
    When 30 seconds pass
    And the due looks are taken, each message delivered twice
    Then the works was looked at once

  Scenario: The game does not answer
    Given the game does not answer when the works is looked at
    When 30 seconds pass
    And the due looks are taken
    Then the next look at the works is due in 30 seconds

  Scenario: A worker that dies during a look
    Given the worker dies when the works is looked at
    When 30 seconds pass
    And the due looks are taken
    And 31 seconds pass
    And the due looks are taken
    Then the works was looked at once

  Scenario: Nothing is watched that nobody waits for
    When the pipeline is cancelled
    And 30 seconds pass
    Then no factory is due for a look
    When the due looks are taken
    Then the works was never looked at
