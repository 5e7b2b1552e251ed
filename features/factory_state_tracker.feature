Feature: FactoryStateTracker
  What each factory at work has been brought, and what it shows.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  Scenario: A cycle begins with the inputs it will be brought, and with what was last seen
    Then the works waits for COPPER and SILICON_CRYSTALS
    And the works was last seen with MODERATE ELECTRONICS
    And its next look is due in 30 seconds

  Scenario: Deliveries are counted, input by input
    When HAULER-1 brings the COPPER
    Then the works has been brought 80 COPPER just now
    And the works has been brought no SILICON_CRYSTALS
    And not all inputs are there

  Scenario: When the last delivery has ended, all inputs are there
    When HAULER-1 brings the COPPER
    And the ACQUIRE of SILICON_CRYSTALS fails for good
    Then all inputs are there

  Scenario: An output seen plentiful is noted, by whoever saw it
    When 5 minutes pass
    And ELECTRONICS becomes HIGH at the works
    Then the output is ready since now

  Scenario: A factory whose output is being collected is not watched
    When HAULER-1 brings the COPPER
    And HAULER-1 brings the SILICON_CRYSTALS
    And ELECTRONICS becomes ABUNDANT at the works
    And HAULER-1 brings in the ELECTRONICS
    Then the works is not watched any more

  Scenario: A factory of a pipeline that has ended is not watched
    When the pipeline is cancelled
    Then the works is not watched any more
