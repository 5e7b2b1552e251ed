Feature: SharedResourceCoordinator
  One pipeline at a time runs a factory's output. The right to it is a reservation, with an end and a number that grows.

  Background:
    Given a fleet in the pocket system
    And a pipeline "first" for ELECTRONICS
    And a pipeline "second" for MACHINERY

  Scenario: A free factory is reserved
    When "first" reserves the works for ELECTRONICS for 60 minutes
    Then the works is not available for ELECTRONICS
    And the works is reserved by "first"
    And its reservation ends in 60 minutes

  Scenario: A factory that is taken is refused, and the refusal says who has it and until when
    Given "first" has reserved the works for ELECTRONICS
    When "second" reserves the works for ELECTRONICS for 60 minutes
    Then the refusal names "first" and the end of its reservation
    And the works is reserved by "first"

  Scenario: One waypoint may make two things for two pipelines
    Given "first" has reserved the works for ELECTRONICS
    When "second" reserves the works for MACHINERY for 60 minutes
    Then the works is reserved by "first"
    And the works is reserved by "second"

  Scenario: A released factory is free
    Given "first" has reserved the works for ELECTRONICS
    When the reservation of "first" is released
    Then the works is available for ELECTRONICS
    When the reservation of "first" is released
    Then it had ended already

  Scenario: Of many pipelines that want a factory at once, one gets it
    When 6 pipelines reserve the works for ELECTRONICS at once
    Then one of them got it
    And the works has one active reservation

  Scenario: Who fed a factory first collects first
    Given ELECTRONICS is ABUNDANT at the works
    And "first" has fed the works for ELECTRONICS and waits to collect
    And "second" has fed the works for ELECTRONICS and waits to collect
    When readiness is looked at
    Then "first" may collect
    And "second" may not collect yet, and says that "first" collects first
    When "first" has collected
    And readiness is looked at
    Then "second" may collect

  Scenario: A reservation without progress expires
    Given "first" has reserved the works for ELECTRONICS
    When 239 minutes pass
    And stale reservations are expired
    Then the works is not available for ELECTRONICS
    When 2 minutes pass
    And stale reservations are expired
    Then the works is available for ELECTRONICS
    And the reservation of "first" is EXPIRED

  Scenario: Progress keeps a reservation alive
    Given "first" has reserved the works for ELECTRONICS
    When 200 minutes pass
    And "first" makes progress
    And 200 minutes pass
    And stale reservations are expired
    Then the works is not available for ELECTRONICS

  Scenario: Of many workers that expire reservations at once, one does it
    Given "first" has reserved the works for ELECTRONICS
    When 241 minutes pass
    And 6 workers expire stale reservations at once
    Then the reservation was expired once

  Scenario: Whoever lost a factory must not touch it any more
    Given "first" has reserved the works for ELECTRONICS
    When 241 minutes pass
    And stale reservations are expired
    And "second" reserves the works for ELECTRONICS for 60 minutes
    Then "first" may not trade at the works for ELECTRONICS any more
    And "second" may trade at the works for ELECTRONICS, with a higher number than "first" had

  Scenario: A pipeline gets all its factories or none
    Given "second" has reserved the foundry for MACHINERY
    When "first" wants the works for ELECTRONICS and the foundry for MACHINERY
    Then the refusal names "second" and the end of its reservation
    And the works is available for ELECTRONICS

  Scenario: Two pipelines that want the same two factories do not wait for each other
    When both want the works for ELECTRONICS and the foundry for MACHINERY, each in another order, 20 times at once
    Then each time exactly one of them got both

  Scenario: Somebody who is at a factory just now keeps others from trying
    When a worker is at the works for ELECTRONICS, another one that wants it is told so at once
    Then the works is available for ELECTRONICS

  Scenario: A pipeline whose right has run out is told where it made no progress
    Given "first" has reserved the works for ELECTRONICS
    Then "first" may go on
    When 241 minutes pass
    And stale reservations are expired
    Then "first" has run out at the works

  Scenario: A slot tells which ship brought how much of an input
    Given "first" has reserved the works for ELECTRONICS, to be given COPPER
    When HAULER-1 of "first" delivers 20 COPPER to the works for ELECTRONICS
    And HAULER-1 of "first" delivers 15 COPPER to the works for ELECTRONICS
    Then the slot for COPPER has 35 units, brought by HAULER-1 just now

  Scenario: Who has fed a factory first collects first
    Given "first" has reserved the works for ELECTRONICS, to be given COPPER
    When "first" has delivered all it has for the works and ELECTRONICS
    Then the works is available for ELECTRONICS
    Given "second" has reserved the works for ELECTRONICS, to be given COPPER
    When "second" has delivered all it has for the works and ELECTRONICS
    Then "second" is to let "first" collect ELECTRONICS at the works before it
    And "first" may collect ELECTRONICS at the works at once
    When "first" collects ELECTRONICS at the works
    Then "second" may collect ELECTRONICS at the works at once

  Scenario: Who does not collect in time loses the first right to it
    Given "first" has reserved the works for ELECTRONICS, to be given COPPER
    When "first" has delivered all it has for the works and ELECTRONICS
    And "second" reserves the works for ELECTRONICS for 600 minutes
    And 481 minutes pass
    Then "second" may collect ELECTRONICS at the works at once

  Scenario: A pipeline that ends gives up its factories
    Given "first" has reserved the works for ELECTRONICS
    When "first" is cancelled
    Then the works is available for ELECTRONICS
    And the reservation of "first" is CANCELLED

  # Goods that are in a hold and belong to nobody yet

  Scenario: Surplus in a hold is anybody's
    Given a hauler HAULER-1 at the refinery with 60 COPPER aboard
    When HAULER-1 adds 40 COPPER of "first" to the pool
    Then the pool has 40 COPPER free and 0 promised

  Scenario: What is promised to a pipeline is no longer free
    Given a hauler HAULER-1 at the refinery with 60 COPPER aboard
    And HAULER-1 has added 60 COPPER of "first" to the pool
    When "second" reserves 25 COPPER from the pool
    Then the pool has 35 COPPER free and 25 promised
    When "second" consumes what it reserved
    Then the pool has 35 COPPER free and 0 promised

  Scenario: A promise may span several holds, the oldest first
    Given a hauler HAULER-1 at the refinery with 20 COPPER aboard
    And a hauler HAULER-2 at the capital with 20 COPPER aboard
    And HAULER-1 has added 20 COPPER of "first" to the pool
    And HAULER-2 has added 20 COPPER of "first" to the pool
    When "second" reserves 30 COPPER from the pool
    Then 20 of them are aboard HAULER-1 and 10 aboard HAULER-2

  Scenario: All or nothing
    Given a hauler HAULER-1 at the refinery with 20 COPPER aboard
    And HAULER-1 has added 20 COPPER of "first" to the pool
    When "second" reserves 21 COPPER from the pool
    Then the refusal says "20 free units of COPPER, 21 were asked for"
    And the pool has 20 COPPER free and 0 promised

  Scenario: Of many pipelines that want the same goods at once, the goods go round once
    Given a hauler HAULER-1 at the refinery with 60 COPPER aboard
    And HAULER-1 has added 60 COPPER of "first" to the pool
    When 6 workers reserve 20 COPPER for "second" at once
    Then 3 of them got their goods
    And the pool has 0 COPPER free and 60 promised

  Scenario: A promise nobody keeps expires
    Given a hauler HAULER-1 at the refinery with 60 COPPER aboard
    And HAULER-1 has added 60 COPPER of "first" to the pool
    When "second" reserves 25 COPPER from the pool
    And 61 minutes pass
    And stale reservations are expired
    Then the pool has 60 COPPER free and 0 promised

  Scenario: What a pipeline consumes, it pays for, and both profits are true
    Given "first" has bought 20 COPPER with HAULER-1
    And HAULER-1 has added 20 COPPER of "first" to the pool
    When "second" reserves 20 COPPER from the pool
    And "second" consumes what it reserved
    Then "first" has spent nothing in the end
    And "second" has spent what the 20 COPPER cost
    And the ledger adds up to what the agent earned

  Scenario: A pipeline that ends gives back what was promised to it
    Given a hauler HAULER-1 at the refinery with 60 COPPER aboard
    And HAULER-1 has added 60 COPPER of "first" to the pool
    When "second" reserves 25 COPPER from the pool
    And "second" is cancelled
    Then the pool has 60 COPPER free and 0 promised
