Feature: ShipTasks
  A ship is flown through its errand step by step. No worker waits while it flies, and no step is done twice.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  # A haul from end to end

  Scenario: A ship buys an input, goes straight on and delivers it
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then the ACQUIRE of COPPER is COMPLETED
    And the DELIVER of COPPER is COMPLETED
    And HAULER-1 carried out both
    And HAULER-1 is empty
    And HAULER-1 has no task
    And the works was sold 80 COPPER
    And the ledger adds up to what the agent earned

  Scenario: A worker never waits for a flight
    When HAULER-1 sets out for the ACQUIRE of COPPER
    Then HAULER-1 is flying to the refinery by both sides' word
    And its next step is due when it arrives
    And no worker is at it

  Scenario: The second half of a haul is never given to another ship
    Given a hauler HAULER-2 at the works
    When HAULER-1 carries out the ACQUIRE of COPPER, while HAULER-2 looks for work
    Then HAULER-1 carried out both
    And HAULER-2 carried no COPPER

  Scenario: A thirsty ship fills its tank before it leaves
    Given a hauler HAULER-2 at the depot with 20 fuel left
    When HAULER-2 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED
    And fuel was bought for HAULER-2
    And the ledger adds up to what the agent earned

  # Gates, checked again where it counts

  Scenario: A source that ran dry on the way is not bought from
    When COPPER becomes LIMITED at the refinery unseen
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then nothing was bought
    And the ACQUIRE of COPPER waits because "COPPER is LIMITED at X1-PX-C3"
    And HAULER-1 has no task
    And no task was ever retried

  Scenario: Nor is a raw good
    When SILICON_CRYSTALS becomes SCARCE at the mine unseen
    And HAULER-1 carries out the ACQUIRE of SILICON_CRYSTALS
    Then nothing was bought
    And the ACQUIRE of SILICON_CRYSTALS waits because "SILICON_CRYSTALS is SCARCE at X1-PX-D5"

  Scenario: A price that rose on the way is not paid
    When COPPER becomes dearer at the refinery than the plan allows, unseen
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then nothing was bought
    And the ACQUIRE of COPPER waits because "at most"

  Scenario: A price far above what the other markets ask is not paid, however often we raised it ourselves
    Given COPPER is ABUNDANT at the old refinery
    When COPPER at the refinery costs twice as much as at the old refinery, and no limit was planned
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then nothing was bought
    And the ACQUIRE of COPPER waits because "others make the limit"

  Scenario: A ship that could buy only a part delivers that part
    When another fleet leaves so much COPPER at the refinery that only one tranche can be had
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the works was sold 60 COPPER
    And the DELIVER of COPPER is COMPLETED
    And HAULER-1 is empty

  # Quotes that still stand

  Scenario: Where nothing can have changed since a market was seen, it is not read again
    Given the fleet knows when markets are recalculated
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then the works was sold 80 COPPER
    And no market was read on the way
    And the ledger adds up to what the agent earned

  Scenario: After a recalculation a market that nobody has seen since is read once
    Given the fleet knows when markets are recalculated
    When 15 minutes pass
    And our observer at the works reports
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the works was sold 80 COPPER
    And markets were read on the way 1 times

  Scenario: Whoever is told to looks before every trade
    Given the fleet knows when markets are recalculated
    And ships look before every trade
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then the works was sold 80 COPPER
    And markets were read on the way 4 times

  Scenario: Where somebody else has traded meanwhile, the ship looks after the first trade, and before all others for hours
    Given the fleet knows when markets are recalculated
    When another fleet has bought 90 COPPER at the refinery unseen
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the works was sold 80 COPPER
    And markets were read on the way 1 times
    And COPPER at the refinery is known to be traded by others
    And the ledger adds up to what the agent earned

  Scenario: Whoever has little money looks before a purchase
    Given the fleet knows when markets are recalculated
    And the player has little more than a purchase of COPPER costs
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then markets were read on the way 1 times

  Scenario: A market that no longer deals in the good is read before anything is given up
    Given the fleet knows when markets are recalculated
    When COPPER is no longer sold at the refinery, unseen
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then no COPPER was bought
    And markets were read on the way 1 times

  # What we believe and what is

  Scenario: The cache says 80 and the game says 0
    When HAULER-1 carries out the ACQUIRE of COPPER until it has bought
    And its cargo is gone, though our row still has 80 COPPER
    And its errand goes on
    Then the DELIVER of COPPER is FAILED
    And nothing was sold
    And HAULER-1 is empty

  Scenario: After a crash the game is asked before anything is done
    When HAULER-1 carries out the ACQUIRE of COPPER until it has bought
    And the worker dies when HAULER-1 is to dock
    And its cargo is gone, though our row still has 80 COPPER
    And its errand goes on
    Then the DELIVER of COPPER is FAILED
    And nothing was sold

  Scenario: The player has undocked the ship by hand
    When HAULER-1 sets out for the ACQUIRE of COPPER
    And HAULER-1 is undocked by hand just before it buys
    And its errand goes on
    Then the DELIVER of COPPER is COMPLETED
    And the works was sold 80 COPPER

  Scenario: The player has sent the ship elsewhere by hand
    Given HAULER-1 was sent to the depot by hand, and we do not know
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED
    And the ledger adds up to what the agent earned

  # Messages and workers

  Scenario: A message that comes twice is one step
    When HAULER-1 carries out the ACQUIRE of COPPER, every message delivered twice
    Then the works was sold 80 COPPER
    And the refinery sold us 80 COPPER
    And the ledger adds up to what the agent earned

  Scenario: Two workers with the same message
    When HAULER-1 carries out the ACQUIRE of COPPER, every message delivered to 4 workers at once
    Then the refinery sold us 80 COPPER
    And the works was sold 80 COPPER
    And the ledger adds up to what the agent earned

  Scenario: Every message is lost, and the sweep finds what is due
    Given every message of the broker is lost
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED

  Scenario Outline: A worker dies before the ship is to <act>
    When the worker dies when HAULER-1 is to <act>
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED
    And the refinery sold us 80 COPPER
    And the works was sold 80 COPPER
    And the ledger adds up to what the agent earned

    Examples:
      | act      |
      | orbit    |
      | navigate |
      | dock     |
      | purchase |
      | sell     |

  Scenario Outline: A worker dies when the game has done what was asked: <act>
    When the worker dies when HAULER-1 has done its next <act>
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED
    And the refinery sold us 80 COPPER
    And the works was sold 80 COPPER
    And the ledger adds up to what the agent earned

    Examples:
      | act      |
      | orbit    |
      | navigate |
      | dock     |
      | purchase |
      | sell     |

  Scenario: Another worker is flying the ship
    When another worker holds the lock of HAULER-1 for a while
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED

  Scenario: The game is away for a while
    When the game does not answer the next 3 times HAULER-1 is to navigate
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED

  Scenario: The universe was reset
    When the universe is reset
    And HAULER-1 sets out for the ACQUIRE of COPPER
    Then the player's work has stopped, and it says why
    And nothing is swept up for the player any more

  # Selling

  Scenario: A sale whose market was flooded goes to another
    Given ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is LIMITED at the depot
    When HAULER-1 collects ELECTRONICS, and the capital is flooded meanwhile
    Then the depot was sold ELECTRONICS
    And the capital was sold no ELECTRONICS
    And HAULER-1 is empty
    And it was noted that "X1-PX-A1 is flooded"

  Scenario: Without another market it waits, and after an hour takes the price there is
    Given ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is ABUNDANT at the depot
    When HAULER-1 collects ELECTRONICS, and the capital is flooded meanwhile
    Then the capital was sold ELECTRONICS more than an hour after it set out
    And HAULER-1 is empty
