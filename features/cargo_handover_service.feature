Feature: CargoHandoverService
  Goods of the pool lie in some ship's hold. Where another ship beside it is the better one to deliver them, they are
  handed over first.

  Background:
    Given a fleet in the pocket system
    And a pipeline "first" for ELECTRONICS
    And a pipeline "second" for MACHINERY
    And "first" has reserved the works for ELECTRONICS
    And "second" has reserved the foundry for MACHINERY

  Scenario: A ship with goods for two places gives some of them to one that has nothing to do
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    When handovers are arranged
    Then HAULER-2 is to take 20 COPPER over from HAULER-1
    When the deliveries are carried out
    Then HAULER-1 delivered 60 IRON, and HAULER-2 delivered 20 COPPER
    And the goods changed ships once
    And nothing of the pool is left

  Scenario: Two cargoes for one place fly in one hold
    Given a hauler HAULER-1 at the smelter with 20 COPPER aboard
    And a hauler HAULER-2 at the smelter with 30 COPPER aboard
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    And 30 COPPER of HAULER-2 are promised to "first" at the works
    When handovers are arranged
    Then HAULER-2 is to take 20 COPPER over from HAULER-1
    When the deliveries are carried out
    Then HAULER-2 delivered 50 COPPER, and HAULER-1 stayed where it was
    And nothing of the pool is left

  Scenario: A part of a lot changes ships, and the rest stays
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 10 COPPER of HAULER-1 are promised to "first" at the works, and 10 are left over
    When handovers are arranged
    And the deliveries are carried out
    Then HAULER-2 delivered 10 COPPER, and HAULER-1 has 10 COPPER of the pool

  Scenario Outline: What stays as it is
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And <the other ship>
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    When handovers are arranged
    Then nothing is to change ships

    Examples:
      | the other ship                                          |
      | a hauler HAULER-2 at the depot                          |
      | a hauler HAULER-2 at the smelter with 70 FOOD aboard    |
      | the player has a hauler HAULER-2 at the smelter for themselves |

  Scenario: Neither of the two is sent elsewhere meanwhile
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    When handovers are arranged
    And ready tasks are assigned
    Then HAULER-1 and HAULER-2 both work for the DELIVER of COPPER

  Scenario Outline: <mishap>, and the goods change ships once
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    And <mishap>
    When handovers are arranged
    And the deliveries are carried out
    Then HAULER-1 delivered 60 IRON, and HAULER-2 delivered 20 COPPER
    And the goods changed ships once
    And nothing of the pool is left
    And the ledger adds up to what the agent earned

    Examples:
      | mishap                                        |
      | the answer to the next transfer gets lost      |
      | the next transfer gets lost on its way         |
      | the worker dies before the next transfer       |
      | the worker dies after the next transfer        |

  Scenario: A holder that was sent away meanwhile delivers by itself
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    When handovers are arranged
    And HAULER-1 is sent to the depot by hand just then
    And what is due is done
    Then the DELIVER of COPPER is for HAULER-1 alone
    And it was noted that "is not at X1-PX-F7"
    And HAULER-2 has no task

  Scenario: A pipeline that ends meanwhile frees both ships
    Given a hauler HAULER-1 at the smelter with 60 IRON aboard
    And HAULER-1 has 20 COPPER aboard as well
    And a hauler HAULER-2 at the smelter
    And 60 IRON of HAULER-1 are promised to "second" at the foundry
    And 20 COPPER of HAULER-1 are promised to "first" at the works
    When handovers are arranged
    And "first" is cancelled
    Then HAULER-1 has no task
    And HAULER-2 has no task
    And the pool has 20 COPPER free and 0 promised
