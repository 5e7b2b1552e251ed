Feature: SaleRedirection
  Cargo that belongs to no task is sold where it brings most: one errand for each ship and good.

  Background:
    Given a fleet in the pocket system

  Scenario: Stray cargo is sold where it brings most
    Given ELECTRONICS is SCARCE at the depot
    And a hauler HAULER-1 at the capital with 20 ELECTRONICS aboard
    When strays are looked for
    Then one errand was made
    And the LIQUIDATE of ELECTRONICS is at the depot
    And the LIQUIDATE of ELECTRONICS is for HAULER-1 alone
    When HAULER-1 is sent on its LIQUIDATE of ELECTRONICS
    Then the depot was sold 20 ELECTRONICS
    And HAULER-1 is empty
    And HAULER-1 has no task
    And the ledger adds up to what the agent earned

  Scenario: No cargo is sold twice
    Given a hauler HAULER-1 at the capital with 20 ELECTRONICS aboard
    When strays are looked for
    And strays are looked for
    Then no errand was made
    When every process is restarted
    And strays are looked for
    Then no errand was made
    And there is one LIQUIDATE of ELECTRONICS

  Scenario: Many workers that find the same stray make one errand
    Given a hauler HAULER-1 at the capital with 20 ELECTRONICS aboard
    When 6 workers look for strays at once
    Then there is one LIQUIDATE of ELECTRONICS

  Scenario: Two goods aboard are two errands, one after the other
    Given a hauler HAULER-1 at the capital with 20 ELECTRONICS and 10 MACHINERY aboard
    When strays are looked for
    Then two errands were made
    When HAULER-1 is sent on its LIQUIDATE of ELECTRONICS
    And HAULER-1 is sent on its LIQUIDATE of MACHINERY
    Then HAULER-1 is empty

  Scenario: What a task speaks for is no stray
    Given a hauler HAULER-1 at the capital with 20 ELECTRONICS aboard
    And a READY task to SELL 20 ELECTRONICS at the capital, bound to HAULER-1
    When strays are looked for
    Then no errand was made

  Scenario: The player's own ships are left alone
    Given a hauler HAULER-1 at the capital with 20 ELECTRONICS aboard
    And the player keeps HAULER-1 for themselves
    When strays are looked for
    Then no errand was made

  Scenario: What the pool had for long and nobody wanted is sold
    Given a hauler HAULER-1 at the capital with 20 COPPER aboard
    When strays are looked for
    Then no errand was made
    When 16 minutes pass
    And strays are looked for
    Then one errand was made
    And it was noted that "20 COPPER aboard were wanted by nobody"

  Scenario: Cargo that nobody is known to buy stays aboard, and it says so
    Given a hauler HAULER-1 at the capital with 20 LASER_RIFLES aboard
    When strays are looked for
    Then no errand was made
    And it was noted that "no known market takes the LASER_RIFLES aboard"

  Scenario: The cargo of a cancelled pipeline is not lost
    Given a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS
    When HAULER-1 carries out the ACQUIRE of COPPER until it has bought
    And the pipeline is cancelled
    And the fleet goes on for 40 minutes without looking for opportunities
    Then HAULER-1 is empty
    And HAULER-1 has no task
    And the ledger adds up to what the agent earned
