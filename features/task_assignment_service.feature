Feature: TaskAssignmentService
  Ready tasks go to free ships, over all of them at once: what is urgent first, and with as little travel as can be.

  Background:
    Given a fleet in the pocket system

  Scenario: The nearest free ship takes a task
    Given a hauler HAULER-1 at the depot
    And a hauler HAULER-2 at the old refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then 1 task was assigned
    And HAULER-2 has the ACQUIRE of COPPER
    And the assignment says why

  Scenario: Ships do not cross each other's way
    Given a hauler HAULER-1 at the capital
    And a hauler HAULER-2 at the old refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery, ready for 1 minutes
    And a READY task to ACQUIRE 40 IRON at the smelter
    When ready tasks are assigned
    Then HAULER-2 has the ACQUIRE of COPPER
    And HAULER-1 has the ACQUIRE of IRON

  Scenario: A fleet that assigns greedily sends the first ship to the first task
    Given the fleet assigns greedily
    And a hauler HAULER-1 at the capital
    And a hauler HAULER-2 at the old refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery, ready for 1 minutes
    And a READY task to ACQUIRE 40 IRON at the smelter
    When ready tasks are assigned
    Then HAULER-1 has the ACQUIRE of COPPER
    And HAULER-2 has the ACQUIRE of IRON

  Scenario: A ship that flies for nobody counts by when it arrives
    Given a hauler HAULER-1 at the capital
    And HAULER-1 is flying to the refinery
    And a hauler HAULER-2 at the smelter
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then HAULER-1 has the ACQUIRE of COPPER
    And HAULER-2 has no task
    And the assignment says "once it arrives in"

  Scenario: The most urgent task goes first
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    And a READY task to COLLECT 20 ELECTRONICS at the works
    When ready tasks are assigned
    Then HAULER-1 has the COLLECT of ELECTRONICS
    And the ACQUIRE of COPPER is READY

  Scenario: An errand that has waited longer goes before one just as urgent
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    And a READY task to ACQUIRE 40 IRON at the smelter, ready for 10 minutes
    When ready tasks are assigned
    Then HAULER-1 has the ACQUIRE of IRON

  Scenario: A plentiful source is worth going to first
    Given a hauler HAULER-1 at the refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery
    And a READY task to ACQUIRE 40 IRON at the smelter, from an ABUNDANT source
    When ready tasks are assigned
    Then HAULER-1 has the ACQUIRE of IRON

  Scenario: Only so many tasks at a time, when that is asked for
    Given 3 haulers at the capital
    And 3 READY tasks to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned, 2 at a time
    Then 2 tasks were assigned
    When ready tasks are assigned, 2 at a time
    Then no task was assigned

  Scenario: The second half of a haul stays with its ship, however near another is
    Given a hauler HAULER-1 at the mine with 20 ELECTRONICS aboard
    And a hauler HAULER-2 at the capital
    And a READY task to SELL 20 ELECTRONICS at the capital, bound to HAULER-1
    When ready tasks are assigned
    Then HAULER-1 has the SELL of ELECTRONICS
    And HAULER-2 has no task

  Scenario: A bound task waits while its ship is busy
    Given a hauler HAULER-1 at the mine with 20 ELECTRONICS aboard
    And a hauler HAULER-2 at the capital
    And HAULER-1 works for a LIQUIDATE of 20 ELECTRONICS at the depot
    And a READY task to SELL 20 ELECTRONICS at the capital, bound to HAULER-1
    When ready tasks are assigned
    Then no task was assigned
    And the SELL of ELECTRONICS is READY

  Scenario: A laden ship is given nothing but what its cargo is for
    Given a hauler HAULER-1 at the refinery with 20 ELECTRONICS aboard
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then no task was assigned
    And HAULER-1 has no task

  Scenario: Looking at markets is for ships without a hold
    Given a hauler HAULER-1 at the depot
    And no ship of ours is at the smelter
    And a READY task to OBSERVE the smelter
    When ready tasks are assigned
    Then 1 task was assigned
    And HAULER-1 has no task

  Scenario: Many old collections do not keep every ship from feeding factories
    Given 8 haulers at the capital
    And 20 READY tasks to COLLECT 20 ELECTRONICS at the works, ready for 300 minutes
    And 5 READY tasks to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then 8 tasks were assigned
    And at least 3 ships feed factories
    And at least 3 ships bring in money

  Scenario: Many old purchases do not keep every ship from collecting
    Given 8 haulers at the capital
    And 20 READY tasks to ACQUIRE 40 COPPER at the refinery, ready for 300 minutes
    And 5 READY tasks to COLLECT 20 ELECTRONICS at the works
    When ready tasks are assigned
    Then 8 tasks were assigned
    And at least 3 ships bring in money
    And at least 3 ships feed factories

  Scenario: The two minimum shares do not block each other at nothing
    Given 2 haulers at the capital
    And 4 READY tasks to ACQUIRE 40 COPPER at the refinery
    And 4 READY tasks to COLLECT 20 ELECTRONICS at the works
    When ready tasks are assigned
    Then 2 tasks were assigned

  Scenario: A share nobody needs is not kept free
    Given 4 haulers at the capital
    And 6 READY tasks to ACQUIRE 40 COPPER at the refinery
    When ready tasks are assigned
    Then 4 tasks were assigned

  Scenario: Of many workers that assign at once, one wins each task
    Given 6 haulers at the capital
    And 4 READY tasks to ACQUIRE 40 COPPER at the refinery
    When 6 workers assign ready tasks at once
    Then every task has one ship and every ship one task
    And 4 tasks are under way

  Scenario: One task is wanted for two ships at once
    Given 6 haulers at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When 6 workers each give the ACQUIRE of COPPER to another ship
    Then one of them succeeded
    And every task has one ship and every ship one task

  Scenario: A certain ship is given a certain task
    Given a hauler HAULER-1 at the depot
    And a hauler HAULER-2 at the refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When HAULER-1 is given the ACQUIRE of COPPER
    Then HAULER-1 has the ACQUIRE of COPPER
    When HAULER-2 is given the ACQUIRE of COPPER
    Then the refusal says "one of them is no longer free"
    And HAULER-1 has the ACQUIRE of COPPER

  Scenario: A ship that has a task is given no second one
    Given a hauler HAULER-1 at the depot
    And a READY task to ACQUIRE 40 COPPER at the refinery
    And a READY task to ACQUIRE 40 IRON at the smelter
    When HAULER-1 is given the ACQUIRE of COPPER
    And HAULER-1 is given the ACQUIRE of IRON
    Then the refusal says "one of them is no longer free"
    And the ACQUIRE of IRON is READY

  Scenario: A freed ship goes on at once
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When HAULER-1 is freed and reassigned
    Then it was given another task
    And HAULER-1 has the ACQUIRE of COPPER

  Scenario: A freed ship rests when there is nothing to do
    Given a hauler HAULER-1 at the capital
    When HAULER-1 is freed and reassigned
    Then it was given no other task

  Scenario: A hauler looks at a market when there is nobody else to do so
    Given a fleet without observers
    And a hauler HAULER-1 at the depot
    And a READY task to OBSERVE the smelter
    When ready tasks are assigned
    Then 1 task was assigned
    And HAULER-1 is at work

  Scenario: Ships that have nothing to do are seen to once a minute
    Given a hauler HAULER-1 at the capital
    When the ships that have nothing to do are seen to
    Then the decision about HAULER-1 says "no pipeline has work for it"
    When every gate is closed to an ACQUIRE of 40 IRON at the smelter
    And the ships that have nothing to do are seen to
    Then nothing new is said about HAULER-1
    When 2 minutes pass
    And the ships that have nothing to do are seen to
    Then the decision about HAULER-1 says "no task is ready: ACQUIRE IRON"

  Scenario: Who does what can be asked for at any time
    Given a hauler HAULER-1 at the capital
    And a READY task to ACQUIRE 40 COPPER at the refinery
    And a READY task to ACQUIRE 40 IRON at the smelter
    When ready tasks are assigned
    Then the assigned tasks are exactly those that ships have
    When every process is restarted
    Then the assigned tasks are exactly those that ships have
