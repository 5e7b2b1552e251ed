Feature: PipelineLifecycleService
  Pipelines begin whole, follow their tasks, and end: completed, failed or cancelled.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital

  # Creating pipelines

  Scenario: A pipeline begins with its tasks, its factories reserved and watched, and the reason for it
    When opportunities are looked for
    Then a pipeline for ELECTRONICS is EXECUTING
    And the works is reserved for it
    And the works is watched for it
    And the plan says what it promises

  Scenario: One pipeline makes a good at a time
    When opportunities are looked for
    And opportunities are looked for
    Then one pipeline for ELECTRONICS is under way
    And there is a pipeline for ELECTRONICS
    And there is no pipeline for MACHINERY

  Scenario: Two workers that look at the same moment start one pipeline
    When 4 workers look for opportunities at once
    Then one pipeline for ELECTRONICS is under way
    And the works is reserved for it

  Scenario: As many pipelines as the fleet can serve
    Given MACHINERY is SCARCE at the capital
    When opportunities are looked for
    Then pipelines for ELECTRONICS and MACHINERY are under way

  Scenario: No more pipelines than the player wants
    Given MACHINERY is SCARCE at the capital
    When opportunities are looked for, for up to 1 pipelines
    Then one pipeline is under way
    When opportunities are looked for, for up to 1 pipelines
    Then one pipeline is under way

  Scenario: A paused player starts nothing new
    Given the player is PAUSED
    When opportunities are looked for
    Then no pipeline is under way

  Scenario: A pipeline that cannot have all its factories has none and no task
    Given COPPER is LIMITED everywhere it is sold
    And a pipeline "other" for MACHINERY
    And "other" has reserved the refinery for COPPER
    And "other" has reserved the old refinery for COPPER
    When opportunities are looked for
    Then no pipeline for ELECTRONICS is under way
    And the works is available for ELECTRONICS
    And it was noted that "other" has the factory that ELECTRONICS needs

  # Following tasks

  Scenario: The tasks that wait say what for
    When opportunities are looked for
    And readiness is looked at
    Then the ACQUIRE of COPPER is READY
    And the ACQUIRE of SILICON_CRYSTALS is READY
    And the DELIVER of COPPER waits for its ACQUIRE
    And the COLLECT of ELECTRONICS is PENDING
    And every task that waits says why

  Scenario Outline: The gate of a source opens at MODERATE, for raw goods too
    When opportunities are looked for
    And <good> becomes <supply> everywhere
    And readiness is looked at
    Then the ACQUIRE of <good> is <status>

    Examples:
      | good             | supply   | status  |
      | COPPER           | SCARCE   | PENDING |
      | COPPER           | LIMITED  | PENDING |
      | COPPER           | MODERATE | PENDING |
      | SILICON_CRYSTALS | SCARCE   | PENDING |
      | SILICON_CRYSTALS | LIMITED  | PENDING |
      | SILICON_CRYSTALS | ABUNDANT | READY   |
      | COPPER           | ABUNDANT | READY   |

  Scenario: A source that ran dry is left for another
    Given COPPER is LIMITED at the old refinery
    When opportunities are looked for
    And COPPER becomes LIMITED at the refinery
    And COPPER becomes HIGH at the old refinery
    And readiness is looked at
    Then the ACQUIRE of COPPER is READY
    And the ACQUIRE of COPPER is at the old refinery

  Scenario: A ready task becomes unready when its gate closes, and ready again when it opens
    When opportunities are looked for
    And readiness is looked at
    And COPPER becomes LIMITED everywhere
    And readiness is looked at
    Then the ACQUIRE of COPPER is PENDING
    And no task was ever retried
    When COPPER becomes HIGH everywhere
    And readiness is looked at
    Then the ACQUIRE of COPPER is READY

  Scenario: The output is collected when all inputs are there and it is plentiful
    Given the fleet has begun to make ELECTRONICS
    When the deliveries of COPPER and SILICON_CRYSTALS are done
    And readiness is looked at
    Then the COLLECT of ELECTRONICS is PENDING
    When ELECTRONICS becomes HIGH at the works
    And readiness is looked at
    Then the COLLECT of ELECTRONICS is READY

  Scenario: Nothing is collected for a market that is saturated
    Given ELECTRONICS is ABUNDANT at the works
    And the fleet has begun to make ELECTRONICS
    When ELECTRONICS becomes HIGH at the capital
    And readiness is looked at
    Then the COLLECT of ELECTRONICS is PENDING
    And every task that waits says why

  Scenario: Waiting for supply is not being stuck
    Given the fleet has begun to make ELECTRONICS
    When the deliveries of COPPER and SILICON_CRYSTALS are done
    And the fleet goes on for 40 minutes while ELECTRONICS stays LIMITED at the works
    Then a pipeline for ELECTRONICS is EXECUTING
    And the COLLECT of ELECTRONICS is PENDING
    And no task was ever retried

  Scenario: A failed errand is tried again, three times
    Given the fleet has begun to make ELECTRONICS
    When the ACQUIRE of COPPER fails
    Then the ACQUIRE of COPPER is PENDING
    When the ACQUIRE of COPPER fails
    And the ACQUIRE of COPPER fails
    And the ACQUIRE of COPPER fails
    Then the ACQUIRE of COPPER is FAILED
    And it was retried 3 times

  Scenario: A dead leg does not kill the others
    Given the fleet has begun to make ELECTRONICS
    When the ACQUIRE of COPPER fails for good
    Then the DELIVER of COPPER is CANCELLED
    And a pipeline for ELECTRONICS is EXECUTING
    And the ACQUIRE of SILICON_CRYSTALS goes on
    When the deliveries of SILICON_CRYSTALS are done
    And ELECTRONICS becomes HIGH at the works
    And readiness is looked at
    Then the COLLECT of ELECTRONICS is READY

  Scenario: An input without a source is given up after an hour, and the rest goes on
    Given the fleet has begun to make ELECTRONICS
    When COPPER becomes SCARCE everywhere
    And 59 minutes pass
    And readiness is looked at
    Then the ACQUIRE of COPPER is PENDING
    When 2 minutes pass
    And readiness is looked at
    Then the ACQUIRE of COPPER is CANCELLED
    And the DELIVER of COPPER is CANCELLED
    And a pipeline for ELECTRONICS is EXECUTING

  Scenario: A pipeline that can no longer sell has failed
    Given ELECTRONICS is ABUNDANT at the works
    And the fleet has begun to make ELECTRONICS
    When the COLLECT of ELECTRONICS fails for good
    Then the SELL of ELECTRONICS is CANCELLED
    And a pipeline for ELECTRONICS is FAILED
    And the works is available for ELECTRONICS
    And whoever looks for opportunities is told

  Scenario: News that comes twice changes nothing
    Given the fleet has begun to make ELECTRONICS
    When the ACQUIRE of COPPER is completed
    And its completion is told 3 times
    Then the ACQUIRE of COPPER is COMPLETED
    And a pipeline for ELECTRONICS is EXECUTING

  # Ending

  Scenario: A cancelled pipeline stays cancelled
    Given the fleet has begun to make ELECTRONICS
    And HAULER-1 is on its way for the pipeline
    When the pipeline is cancelled
    Then a pipeline for ELECTRONICS is CANCELLED
    And all its tasks are CANCELLED
    And HAULER-1 has no task
    And the works is available for ELECTRONICS
    When old news of its tasks arrives
    And the fleet goes on for 20 minutes without looking for opportunities
    Then a pipeline for ELECTRONICS is CANCELLED
    And all its tasks are CANCELLED
    And nothing was bought

  Scenario: A pipeline that has ended cannot be cancelled
    Given the fleet has begun to make ELECTRONICS
    When the pipeline is cancelled
    And the pipeline is cancelled
    Then the refusal says "it cannot be cancelled"

  Scenario: A factory without progress is given up with its pipeline
    Given the fleet has begun to make ELECTRONICS
    When 241 minutes pass
    And pipelines without progress are ended
    Then a pipeline for ELECTRONICS is CANCELLED
    And the works is available for ELECTRONICS

  # After a crash

  Scenario: A pipeline left without an open task is resolved
    Given the fleet has begun to make ELECTRONICS
    And all its tasks were cancelled behind its back
    When the state is recovered
    Then a pipeline for ELECTRONICS is FAILED
    And the works is available for ELECTRONICS

  Scenario: A ship left with a task that has ended is freed
    Given the fleet has begun to make ELECTRONICS
    And HAULER-1 is left with a task that has ended
    When the state is recovered
    Then HAULER-1 has no task
    And the recovery says so

  Scenario: When nothing was left behind, recovery does nothing
    Given the fleet has begun to make ELECTRONICS
    When every process is restarted
    And the state is recovered
    Then there was nothing to recover
    And a pipeline for ELECTRONICS is EXECUTING
    And the active pipelines are those of ELECTRONICS
