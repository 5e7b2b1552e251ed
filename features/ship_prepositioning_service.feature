Feature: ShipPrePositioningService
  Idle ships wait where work is expected, when that is worth the fuel; and real work may call them away at any time.

  Background:
    Given a fleet in the pocket system
    And an hour of a ship's time is worth 60,000 credits

  Scenario: The next task of a ship is predicted, with a probability
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    When the next task of HAULER-1 is predicted
    Then the COLLECT of ELECTRONICS is expected with 50 to 70 percent

  Scenario: Of two tasks the likelier is predicted
    Given a hauler HAULER-1 at the depot
    And an ACQUIRE of IRON at the smelter waits for its source
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    When the next task of HAULER-1 is predicted
    Then the COLLECT of ELECTRONICS is expected with 50 to 70 percent

  Scenario: A task that was put off is expected when its time has come
    Given a hauler HAULER-1 at the depot
    And an ACQUIRE of IRON at the smelter is put off for 5 minutes
    When the next task of HAULER-1 is predicted
    Then the ACQUIRE of IRON is expected with 30 to 35 percent

  Scenario: Nothing is predicted where nothing waits
    Given a hauler HAULER-1 at the depot
    When the next task of HAULER-1 is predicted
    Then nothing is predicted

  Scenario: What waits for another task is not expected yet
    Given a hauler HAULER-1 at the depot
    And an ACQUIRE of IRON at the smelter waits for its source
    And a COLLECT of MACHINERY at the foundry waits for the ACQUIRE of IRON
    When the next task of HAULER-1 is predicted
    Then the ACQUIRE of IRON is expected with 5 to 20 percent

  Scenario: The best place to wait is where work is expected
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    When the best place for HAULER-1 to wait is asked for
    Then it is the works

  Scenario: A ship had best stay where the work is expected
    Given a hauler HAULER-1 at the works
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    When the best place for HAULER-1 to wait is asked for
    Then it had best stay

  Scenario: A ship had best stay when the fuel costs more than is saved
    Given an hour of a ship's time is worth 400 credits
    And a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    When the best place for HAULER-1 to wait is asked for
    Then it had best stay

  Scenario: An idle ship goes ahead, waits, and is idle again
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then HAULER-1 is on its way to wait at the works
    And the decision about HAULER-1 says "COLLECT ELECTRONICS there is expected"
    When the ships arrive
    Then HAULER-1 waits at the works
    And HAULER-1 is among the idle ships
    And the ledger adds up to what the agent earned

  Scenario: A certain ship is sent to a certain place
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When HAULER-1 is sent to wait where it is best
    Then HAULER-1 is on its way to wait at the works

  Scenario: A ship at work is not sent anywhere
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    And HAULER-1 is sent to wait where it is best
    Then the refusal says "it is not idle"
    And HAULER-1 has the ACQUIRE of COPPER

  Scenario: Never two ships for one predicted task
    Given 3 haulers at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then 1 ship is on its way to wait
    When idle ships are sent ahead
    Then 1 ship is on its way to wait

  Scenario: Nobody goes where an idle ship stands already
    Given a hauler HAULER-1 at the depot
    And a hauler HAULER-2 at the works
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then no ship is on its way to wait

  Scenario: A ship stays where work begins all the time
    Given a hauler HAULER-1 at the refinery
    And 30 purchases of pipelines began at the refinery within the last hour
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then no ship is on its way to wait

  Scenario: Nobody goes where another idle ship would be nearly as soon
    Given a hauler HAULER-1 at the works
    And a hauler HAULER-2 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When the best place for HAULER-2 to wait is asked for
    Then it had best stay

  Scenario: Two ships wait for two tasks, each where it gains most
    Given a hauler HAULER-1 at the depot
    And a hauler HAULER-2 at the mine
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And a COLLECT of MACHINERY at the foundry is expected in 10 minutes
    When idle ships are sent ahead
    Then HAULER-1 is on its way to wait at the works
    And HAULER-2 is on its way to wait at the foundry

  Scenario: Ships that are laden or kept by the player stay where they are
    Given a hauler HAULER-1 at the depot with 10 COPPER aboard
    And a hauler HAULER-2 at the depot
    And the player keeps HAULER-2 for themselves
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then no ship is on its way to wait

  Scenario: Nobody goes ahead when the player does not want it
    Given the fleet does not send ships ahead
    And a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    When idle ships are sent ahead
    Then no ship is on its way to wait

  Scenario: Real work calls a ship away, which takes it up when it arrives
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And idle ships are sent ahead and have left
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then HAULER-1 has the ACQUIRE of COPPER
    And it is no longer on its way to wait
    And the prediction was a miss
    When the ACQUIRE of COPPER is flown
    Then HAULER-1 has 40 COPPER aboard

  Scenario: A ship on its way counts by when it arrives
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And idle ships are sent ahead and have left
    And a hauler HAULER-2 at the smelter
    And a READY task to ACQUIRE 40 IRON at the smelter
    When the COLLECT of ELECTRONICS becomes ready
    And ready tasks are assigned
    Then HAULER-1 has the COLLECT of ELECTRONICS
    And HAULER-2 has the ACQUIRE of IRON
    And the prediction was a hit

  Scenario: The predicted work comes, and the ship that waits has it
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And idle ships are sent ahead and have left
    When the ships arrive
    And 10 minutes pass
    And the COLLECT of ELECTRONICS becomes ready
    And ready tasks are assigned
    Then HAULER-1 has the COLLECT of ELECTRONICS
    And the assignment says it is 0 s away
    And the prediction was a hit

  Scenario: A prediction that does not come true is a miss, and others become less likely
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 5 minutes
    And idle ships are sent ahead and have left
    When the ships arrive
    And 25 minutes pass
    And idle ships are sent ahead
    Then the prediction was a miss
    When the next task of HAULER-1 is predicted
    Then the COLLECT of ELECTRONICS is expected with 40 to 50 percent

  Scenario: A restart in the middle of the way changes nothing
    Given a hauler HAULER-1 at the depot
    And a COLLECT of ELECTRONICS at the works is expected in 10 minutes
    And idle ships are sent ahead and have left
    When every process is restarted
    And the ships arrive
    Then HAULER-1 waits at the works
    And HAULER-1 is among the idle ships

  Scenario: When a ship arrives can be asked for
    Given a hauler HAULER-1 at the depot
    Then HAULER-1 arrives now
    When HAULER-1 flies to the works
    Then HAULER-1 arrives when the game says so

  Scenario: A ship nobody has
    When the next task of a ship nobody has is predicted
    Then the refusal says "NOBODY-1"
