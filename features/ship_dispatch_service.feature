Feature: ShipDispatchService
  Which ships are free, and whom each one works for.

  Background:
    Given a fleet in the pocket system

  Scenario: An empty ship without a task is idle
    Given a hauler HAULER-1 at the capital
    Then HAULER-1 is available
    And HAULER-1 is among the idle ships

  Scenario: A ship with cargo aboard is never idle
    Given a hauler HAULER-1 at the capital with 5 COPPER aboard
    Then HAULER-1 is not available
    And HAULER-1 is not among the idle ships

  Scenario: A ship on its way is not idle until it arrives
    Given a hauler HAULER-1 at the capital
    And HAULER-1 is flying to the depot
    Then HAULER-1 is not available
    When 10 minutes pass
    Then HAULER-1 is available

  Scenario: A ship the player keeps is left alone
    Given a hauler HAULER-1 at the capital
    And the player keeps HAULER-1 for themselves
    Then HAULER-1 is not available
    And HAULER-1 is not among the idle ships

  Scenario: A ship that works for a task is not idle, and is again once it is released
    Given a hauler HAULER-1 at the capital
    When HAULER-1 is assigned to container "task-7"
    Then HAULER-1 works for "task-7"
    And HAULER-1 is not available
    When 3 minutes pass
    And HAULER-1 is released
    Then HAULER-1 is available
    And HAULER-1 has been idle since now
    And whoever assigns tasks is told once

  Scenario: Releasing a ship that works for nobody changes nothing
    Given a hauler HAULER-1 at the capital
    When 3 minutes pass
    And HAULER-1 is released
    Then HAULER-1 is available
    And nobody is told anything

  Scenario: The assignment of ships survives a restart
    Given a hauler HAULER-1 at the capital
    When HAULER-1 is assigned to container "task-7"
    And every process is restarted
    Then HAULER-1 works for "task-7"

  Scenario: A ship nobody has
    When a ship nobody has is released
    Then the refusal says "NOBODY-1"
