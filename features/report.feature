Feature: Report
  The plan says what it wants of the fleet. The report says of each whether it is so, and never more than is known.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the works

  Scenario: Before anything has happened, nothing is claimed
    Then the report has every metric of the plan
    And the report says that "supply polls" is not known yet
    And the report says that "profit forecast and actual" is not known yet
    And the report says that "factory conflicts" is met
    And the report says nothing of how true forecasts were

  Scenario: A pipeline that was forecast, worked and compared meets the target
    Given ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the capital
    When opportunities are looked for
    And the fleet goes on for 60 minutes without new hauls
    Then the report says that "profit forecast and actual" is met
    And the report says that "idle while work is ready" is met
    And the report says how true forecasts were

  Scenario: Two pipelines that run one factory at once, where nobody reserves any, are a conflict
    Given a pipeline "first" for ELECTRONICS
    And a pipeline "second" for MACHINERY
    When both run the works for ELECTRONICS without a reservation
    Then the report says that "factory conflicts" is not met
    And the report counts 1 conflict
