Feature: ManufacturingOrchestrator
  Everything together: the fleet finds what pays, makes it, brings it in, and begins anew.

  # Whole pipelines

  Scenario: A product that is plentiful is collected and sold at a profit
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And ELECTRONICS is ABUNDANT at the works
    When the fleet goes on until a pipeline has ended, for at most 1 hour
    Then the COLLECTION of ELECTRONICS is COMPLETED
    And its profit is the sum of its ledger entries, and more than nothing
    And the ledger adds up to what the agent earned
    And every task of it is COMPLETED

  Scenario: A product is made from what its factory lacks, and sold at a profit
    Given a fleet in a lively pocket system
    And 2 haulers at the capital
    And ELECTRONICS is SCARCE at the capital
    When the fleet goes on until a pipeline has ended, for at most 4 hours
    Then the FABRICATION of ELECTRONICS is COMPLETED
    And its profit is the sum of its ledger entries, and more than nothing
    And the ledger adds up to what the agent earned
    And every task of it is COMPLETED
    And no task was ever retried
    And each haul was one ship's from its purchase to its sale

  Scenario: An input nobody has plenty of is made on the way
    Given a fleet in a lively pocket system
    And 2 haulers at the capital
    And ELECTRONICS is SCARCE at the capital
    And COPPER is LIMITED everywhere it is sold
    When the fleet goes on until a pipeline has ended, for at most 6 hours
    Then the FABRICATION of ELECTRONICS is COMPLETED
    And the works was sold COPPER that was collected at a refinery
    And the ledger adds up to what the agent earned

  Scenario: Every message is lost, and the sweeps find everything
    Given a fleet in the pocket system
    And every message of the broker is lost
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And ELECTRONICS is ABUNDANT at the works
    When the fleet goes on until a pipeline has ended, for at most 1 hour
    Then the COLLECTION of ELECTRONICS is COMPLETED
    And the ledger adds up to what the agent earned

  Scenario: A fleet that is restarted again and again comes to the same end
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And ELECTRONICS is ABUNDANT at the works
    When the fleet goes on until a pipeline has ended, restarted every minute, for at most 1 hour
    Then the COLLECTION of ELECTRONICS is COMPLETED
    And the ledger adds up to what the agent earned

  Scenario: A new agent with one frigate earns
    Given a fleet in the pocket system
    And the agent has 175,000 credits
    And a frigate FRIGATE-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And ELECTRONICS is ABUNDANT at the works
    When the fleet goes on until a pipeline has ended, for at most 1 hour
    Then the COLLECTION of ELECTRONICS is COMPLETED
    And its profit is the sum of its ledger entries, and more than nothing
    And the ledger adds up to what the agent earned

  # Who acts when

  Scenario: Opportunities are looked for every five minutes, and at once when a pipeline has ended
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    When the orchestrator looks for opportunities
    And ELECTRONICS becomes SCARCE at the capital
    And the orchestrator looks for opportunities
    Then no pipeline is under way
    When 5 minutes pass
    And the orchestrator looks for opportunities
    Then one pipeline for ELECTRONICS is under way
    When the pipeline is cancelled
    And the news of its end arrives
    Then one pipeline for ELECTRONICS is under way

  Scenario: What begins is given to ships at once
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    When the orchestrator looks for opportunities
    Then one task is under way

  Scenario: Two workers never coordinate one player at once
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And a READY task to OBSERVE the smelter
    When the player is coordinated while another worker is at it
    Then no task is under way

  Scenario: An idle ship says why
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    When the player is coordinated
    Then it is said of HAULER-1 that "no pipeline has work"
    When ELECTRONICS becomes SCARCE at the capital
    And 5 minutes pass
    And the orchestrator looks for opportunities
    And every source runs dry
    And 10 minutes pass
    And the fleet goes on for 10 minutes without looking for opportunities
    Then HAULER-1 has no task
    And every task that waits says why
    And it is said of HAULER-1 that "no task is ready"

  Scenario: A trade that a dead worker left in doubt is settled without its ship
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the refinery
    And a READY task to ACQUIRE 40 COPPER at the refinery
    When the worker dies when HAULER-1 has done its next purchase
    And the ACQUIRE of COPPER is begun by HAULER-1
    And its task is taken from HAULER-1
    And 46 seconds pass
    And the orchestrator recovers
    Then the lost trade was settled: it took effect
    And the ledger adds up to what the agent earned

  Scenario: The game is away while markets are scanned, credits compared and crashes looked for
    Given a fleet in the pocket system
    When the game does not answer for a while
    And 31 minutes pass
    Then scanning, comparing and recovering fail without harm

  Scenario: A player whose universe was reset is left alone
    Given a fleet in the pocket system
    When the universe is reset
    And 31 minutes pass
    And the orchestrator scans
    Then the player's work has stopped, and it says why
    And nothing is swept up for the player any more
