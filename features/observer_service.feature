Feature: ObserverService
  Ships without a hold are stationed at the factories that must be seen.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  Scenario: A watched factory that somebody sees needs nobody
    When observers are stationed
    Then nobody is sent to the works

  Scenario: The observer that can best be spared goes to a watched factory that nobody sees
    Given no ship of ours is at the works
    When observers are stationed
    Then the observer of the depot is sent to the works
    When observers are stationed
    Then the observer of the depot is sent to the works

  Scenario: An observer next to another one is spared first
    Given no ship of ours is at the works
    And a second observer at the refinery
    When observers are stationed
    Then an observer of the refinery is sent to the works

  Scenario: Without observers it says so
    Given no ship of ours is at the works
    And no observer is left
    When observers are stationed
    Then nobody is sent to the works
    And it was noted that no observer can be spared for the works

  Scenario: An output that is plentiful needs nobody to watch it
    Given ELECTRONICS is HIGH at the works
    And no ship of ours is at the works
    When observers are stationed
    Then nobody is sent to the works

  Scenario: The observer flies there and sees what is made
    Given no ship of ours is at the works
    When observers are stationed
    And the scout has been there
    Then ELECTRONICS is known to be MODERATE at the works, as of its visit
    When observers are stationed
    Then nobody is sent to the works
