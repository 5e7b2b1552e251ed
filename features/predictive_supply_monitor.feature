Feature: PredictiveSupplyMonitor
  Estimates when the outputs of factories at work will be plentiful, and looks at them then, where a ship of ours is there
  to see.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  # RecordDelivery, RecordAllInputsDelivered

  Scenario: Deliveries to a factory are recorded for the cycle
    When 5 minutes pass
    And HAULER-1 brings the COPPER
    Then the estimate for the works has COPPER delivered just now
    And the estimate for the works does not say that all inputs are there

  Scenario: When all inputs are there, the estimate says since when
    When HAULER-1 brings the COPPER
    And the ACQUIRE of SILICON_CRYSTALS fails for good
    Then the estimate for the works says that all inputs are there since now

  Scenario: Deliveries of a cycle that has ended do not count for the next
    When HAULER-1 brings the COPPER
    And the pipeline is cancelled
    And the fleet begins to make ELECTRONICS again
    And the output of the works is estimated
    Then the estimate for the works has no delivery of COPPER

  Scenario: A delivery may make the factory faster, so it is looked at after the next recalculation
    Given ELECTRONICS is SCARCE at the works
    And the due looks are taken for 20 minutes
    When HAULER-1 brings the COPPER
    Then the next look at the works is due shortly after the next recalculation

  # EstimateProductionReady

  Scenario: What is missing over the usual rate is the time it takes
    Given the works has 0 ELECTRONICS, two trade volumes from HIGH
    When the output of the works is estimated
    Then it is expected to be HIGH in 5 hours, at 8 units an hour
    And the confidence is LOW

  Scenario: An output of which there is more is expected sooner
    Given the works has 30 ELECTRONICS, two trade volumes from HIGH
    When the output of the works is estimated
    Then it is expected to be HIGH in 1.25 hours, at 8 units an hour

  Scenario: What a factory was seen to make counts more than what is usual
    Given the works has been seen to make 5 ELECTRONICS at each recalculation for 3 hours
    When the output of the works is estimated
    Then it is expected to be HIGH at 20 units an hour
    And the confidence is HIGH

  Scenario: An estimate survives a restart
    Given the works has 30 ELECTRONICS, two trade volumes from HIGH
    When the output of the works is estimated
    And every process is restarted
    And the output of the works is estimated
    Then there is one estimate for the works
    And it is expected to be HIGH in 1.25 hours, at 8 units an hour

  Scenario: Of a factory that is not at work nothing is estimated
    When the output of the refinery is estimated
    Then the refusal says "has no factory of"

  # GetFactoriesToPoll and Run, by each policy

  Scenario: REACTIVE looks every 30 seconds
    Given factories are polled by the policy REACTIVE
    Then no factory is due for a look
    When 30 seconds pass
    Then the works is due for a look
    When the due looks are taken
    Then the works was looked at once
    And no factory is due for a look
    When 30 seconds pass
    And the due looks are taken
    Then the works was looked at twice

  Scenario: PLAN looks every 2 minutes while the output is far from HIGH
    Given factories are polled by the policy PLAN
    When the due looks are taken for 20 minutes
    Then the works was looked at 10 times

  Scenario: PLAN looks every 10 seconds when the output should be HIGH
    Given factories are polled by the policy PLAN
    And the works has 39 ELECTRONICS, two trade volumes from HIGH
    When the due looks are taken for 5 minutes
    And the looks at the works are counted from here
    And the due looks are taken for 1 minutes
    Then the works was looked at 6 times more

  Scenario: PLAN does not press a factory that is late
    Given factories are polled by the policy PLAN
    And the works has 39 ELECTRONICS, two trade volumes from HIGH
    When the due looks are taken for 20 minutes
    And the looks at the works are counted from here
    And the due looks are taken for 20 minutes
    Then the works was looked at 10 times more

  Scenario: RECALCULATION looks at nothing that cannot have changed
    When the due looks are taken for 14 minutes
    Then the works was never looked at

  Scenario: RECALCULATION looks once after a recalculation
    Given the works has 39 ELECTRONICS, two trade volumes from HIGH
    When the due looks are taken for 29 minutes
    Then the works was polled once

  Scenario: RECALCULATION leaves out looks that can find nothing
    Given the works has 0 ELECTRONICS, two trade volumes from HIGH
    When the due looks are taken for 90 minutes
    Then the works was looked at fewer than 4 times

  Scenario: RECALCULATION does not look where somebody else has looked
    When 16 minutes pass
    And our observer at the works reports
    And the due looks are taken
    Then the works was never polled

  Scenario: RECALCULATION waits for a recalculation that is late
    Given the game recalculates no more
    When the due looks are taken for 60 minutes
    Then the works was never looked at

  Scenario: Where the game does not tell of recalculations, RECALCULATION does as PLAN does
    Given the game does not tell when markets were recalculated
    When the due looks are taken for 20 minutes
    Then the works was looked at 10 times

  Scenario: One question tells for all factories
    Given the fleet has begun to make MACHINERY as well
    When the due looks are taken for 90 minutes
    Then the game was asked when markets were recalculated no more than 20 times

  # SetAdaptivePollInterval

  Scenario: Adaptive polling can be switched off, and on again
    When adaptive polling is switched off
    And the due looks are taken for 5 minutes
    Then the works was looked at 10 times
    When adaptive polling is switched on
    And the looks at the works are counted from here
    And the due looks are taken for 5 minutes
    Then the works was looked at 0 times more

  # What is seen

  Scenario: An output that becomes plentiful is seen, and whoever assigns is told
    Given ELECTRONICS is HIGH at the works, though nobody has seen it yet
    When 16 minutes pass
    And the due looks are taken
    Then the works was last seen with HIGH ELECTRONICS
    And whoever assigns tasks is told

  Scenario: Nobody is told of an output that stays scarce
    When 16 minutes pass
    And the due looks are taken
    Then whoever assigns tasks is not told

  Scenario: Without a ship there nothing is asked of the game, and it says so
    Given factories are polled by the policy REACTIVE
    And no ship of ours is at the works
    When 30 seconds pass
    And the due looks are taken
    Then the works was never looked at
    And it was noted that no ship is there to see ELECTRONICS
    And the next look at the works is due in 30 seconds

  Scenario: A message that comes twice is one look
    When 16 minutes pass
    And the due looks are taken, each message delivered twice
    Then the works was looked at once

  Scenario: The game does not answer
    Given factories are polled by the policy REACTIVE
    And the game does not answer when the works is looked at
    When 30 seconds pass
    And the due looks are taken
    Then the next look at the works is due in 30 seconds

  Scenario: A worker that dies during a look
    Given the worker dies when the works is looked at
    When 16 minutes pass
    And the due looks are taken
    And 31 seconds pass
    And the due looks are taken
    Then the works was looked at once

  Scenario: Nothing is watched that nobody waits for
    When the pipeline is cancelled
    And 16 minutes pass
    Then no factory is due for a look
    When the due looks are taken
    Then the works was never looked at
