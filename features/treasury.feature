Feature: Treasury
  One service owns spending: credits are promised to a purchase before it is made, and the floor is never crossed.

  Background:
    Given a fleet in the pocket system

  Scenario: Purchases in parallel never cross the floor together
    Given 6 haulers at the refinery
    And the agent has 40,000 credits
    And the credit floor is 25,000
    And 6 READY tasks to ACQUIRE 60 COPPER at the refinery
    When 6 ships buy at the same moment
    Then the agent never had fewer than 25,000 credits
    And something was bought
    And no credits are promised to anything
    And the ledger adds up to what the agent earned

  Scenario: What can be paid is bought, when not all of it can
    Given a hauler HAULER-1 at the refinery
    And the agent has 30,000 credits
    And the credit floor is 25,000
    And a READY task to ACQUIRE 60 COPPER at the refinery
    When the ACQUIRE of COPPER is carried out by HAULER-1
    Then HAULER-1 bought some COPPER, but not 60
    And the agent never had fewer than 25,000 credits
    And the ledger adds up to what the agent earned

  Scenario: Below the floor nothing is bought, and everything else goes on
    Given a hauler HAULER-1 at the refinery
    And a hauler HAULER-2 at the depot with 20 ELECTRONICS aboard
    And the agent has 10,000 credits
    And the credit floor is 25,000
    And a READY task to ACQUIRE 60 COPPER at the refinery
    And a READY task to SELL 20 ELECTRONICS at the capital, bound to HAULER-2
    When the ACQUIRE of COPPER is carried out by HAULER-1
    Then nothing was bought
    And the ACQUIRE of COPPER waits because "floor of 25,000 credits"
    When the SELL of ELECTRONICS is carried out by HAULER-2
    Then the SELL of ELECTRONICS is COMPLETED
    And the ledger adds up to what the agent earned

  Scenario: A player's own floor goes before the one that holds for all
    Given a hauler HAULER-1 at the refinery
    And the agent has 100,000 credits
    And the credit floor is 25,000
    And the player's own floor is 100,000
    And a READY task to ACQUIRE 60 COPPER at the refinery
    When the ACQUIRE of COPPER is carried out by HAULER-1
    Then nothing was bought
    And the ACQUIRE of COPPER waits because "floor of 100,000 credits"
    When the player's own floor is taken away
    And 6 minutes pass
    And the ACQUIRE of COPPER is carried out by HAULER-1
    Then the refinery sold us 60 COPPER

  Scenario: A floor that is a share does not melt away from purchase to purchase
    Given 6 haulers at the refinery
    And the agent has 40,000 credits
    And the credit floor is 0
    And the player's own floor is 50%
    And 6 READY tasks to ACQUIRE 60 COPPER at the refinery
    When 6 ships buy at the same moment
    Then the agent never had fewer than 20,000 credits
    And something was bought

  Scenario: A purchase that waited for money goes on when there is some
    Given a hauler HAULER-1 at the refinery
    And the agent has 10,000 credits
    And the credit floor is 25,000
    And a READY task to ACQUIRE 60 COPPER at the refinery
    When the ACQUIRE of COPPER is carried out by HAULER-1
    And the agent is given 100,000 credits
    And 6 minutes pass
    And the ACQUIRE of COPPER is carried out by HAULER-1
    Then the refinery sold us 60 COPPER

  Scenario: Credits that moved without us are found and entered
    Given the agent was paid 5,000 credits for a contract
    When the credits are compared
    Then a difference of 5,000 credits was entered
    And the ledger adds up to what the agent earned
    When the credits are compared
    Then no difference was found

  Scenario: Nothing is compared while a trade is in doubt
    Given a hauler HAULER-1 at the refinery
    And a READY task to ACQUIRE 60 COPPER at the refinery
    When the answer to the next purchase is lost
    And the ACQUIRE of COPPER is begun by HAULER-1
    And the credits are compared
    Then nothing could be told
