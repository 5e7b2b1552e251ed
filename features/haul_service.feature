Feature: HaulService
  A ship that would be idle carries goods from where they are made to where they are wanted.

  Background:
    Given a fleet in the pocket system
    And ships that would be idle take hauls

  @covers(HaulService.start_hauls)
  Scenario: A free ship takes what is plentiful to where it is scarce
    Given a hauler HAULER-1 at the works
    And ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the capital
    When hauls are started
    Then a HAUL of ELECTRONICS is under way with these tasks
      | task    | units | good        | at          | after                  |
      | ACQUIRE | 60    | ELECTRONICS | the works   |                        |
      | SELL    | 60    | ELECTRONICS | the capital | ACQUIRE of ELECTRONICS |
    And HAULER-1 has the ACQUIRE of ELECTRONICS

  Scenario: What a factory lacks is brought to it, and worth more than its bid
    Given a hauler HAULER-1 at the mine
    And COPPER_ORE is ABUNDANT at the mine
    And COPPER_ORE is SCARCE at the refinery
    When hauls are started
    Then each haul to a factory ends with a DELIVER
    And it was noted what its DELIVER is worth to the factory

  Scenario: Two ships never share a source or a sink
    Given 4 haulers at the mine
    When hauls are started
    Then no two hauls begin or end with the same good at the same place

  Scenario: Nothing is carried at a loss when feeding counts for nothing
    Given a hauler HAULER-1 at the works
    And feeding counts for nothing
    And ELECTRONICS is SCARCE everywhere it is sold
    And COPPER is SCARCE everywhere it is sold
    And COPPER_ORE is SCARCE everywhere it is sold
    And SILICON_CRYSTALS is SCARCE everywhere it is sold
    And IRON is SCARCE everywhere it is sold
    And MACHINERY is SCARCE everywhere it is sold
    When hauls are started
    Then no pipeline is under way
    And HAULER-1 has no task

  Scenario: What a factory that is brought up lacks is brought to it first
    Given a hauler HAULER-1 at the mine
    And the mine has 3000 more COPPER_ORE than usual
    And the mine has 3000 more SILICON_CRYSTALS than usual
    And SILICON_CRYSTALS is ABUNDANT at the works
    And ELECTRONICS is LIMITED at the capital
    When hauls are started
    Then a HAUL of COPPER goes to the works

  Scenario: It gets most of a hold, or nothing yet
    Given a hauler HAULER-1 at the mine
    And the mine has 3000 more COPPER_ORE than usual
    And the mine has 3000 more SILICON_CRYSTALS than usual
    And SILICON_CRYSTALS is ABUNDANT at the works
    And the works has 140 more COPPER than usual
    And ELECTRONICS is LIMITED at the capital
    When hauls are started
    Then no COPPER are hauled

  Scenario: What is not worth the calls of a trip waits for a fuller load
    Given a hauler HAULER-1 at the works
    And a call to the game is worth 50000 credits
    And ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the capital
    When hauls are started
    Then no pipeline is under way
    And HAULER-1 has no task

  Scenario: Of a running factory only what is beyond ABUNDANT is sold
    Given a hauler HAULER-1 at the works
    And the works have run for a while, with plenty of all they need
    And ELECTRONICS is HIGH at the works
    And ELECTRONICS is SCARCE at the capital
    When hauls are started
    Then no ELECTRONICS are hauled

  Scenario: A running factory that is ABUNDANT gives what it has beyond that
    Given a hauler HAULER-1 at the works
    And the works have run for a while, with plenty of all they need
    And the works has 120 more ELECTRONICS than usual
    And ELECTRONICS is SCARCE at the capital
    When hauls are started
    Then a HAUL of 40 ELECTRONICS is under way

  Scenario: A factory that is reserved is left to its pipeline
    Given a hauler HAULER-1 at the mine
    And a pipeline "A" for ELECTRONICS
    And "A" has reserved the works for ELECTRONICS
    When hauls are started
    Then nothing is hauled to the works

  Scenario: A haul whose source ran dry on the way is given up without a failure
    Given a hauler HAULER-1 at the works
    And MACHINERY is ABUNDANT at the foundry
    And MACHINERY is SCARCE at the capital
    When hauls are started
    And MACHINERY becomes SCARCE at the foundry unseen
    And the fleet goes on for 30 minutes without new hauls
    Then the HAUL of MACHINERY is CANCELLED
    And nothing was bought
    And HAULER-1 has no task

  Scenario: A haul whose sink others have filled meanwhile waits once, and is sold then
    Given a hauler HAULER-1 at the refinery
    And COPPER is ABUNDANT at the refinery
    And COPPER is SCARCE at the works
    When hauls are started
    And COPPER becomes ABUNDANT at the works unseen
    And the fleet goes on for 30 minutes without new hauls
    Then the HAUL of COPPER is COMPLETED
    And HAULER-1 is empty

  Scenario: A haul ends with its cargo sold and its profit in the ledger
    Given a hauler HAULER-1 at the works
    And ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the capital
    When hauls are started
    And the fleet goes on for 60 minutes without new hauls
    Then the HAUL of ELECTRONICS is COMPLETED
    And its profit is the sum of its ledger entries, and more than nothing
    And HAULER-1 is empty

  Scenario: A ship that the player keeps is left alone
    Given a hauler HAULER-1 at the works
    And the player keeps HAULER-1 for themselves
    When hauls are started
    Then no pipeline is under way
