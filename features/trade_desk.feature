Feature: TradeDesk
  Every trade happens once. What is about to be done is written down first; an answer that never came is settled with the
  game before anything is issued again.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital
    And the fleet has begun to make ELECTRONICS

  Scenario Outline: The answer to a <act> is lost, though it took effect
    When the answer to the next <act> is lost
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the refinery sold us 80 COPPER
    And the works was sold 80 COPPER
    And the lost trade was settled: it took effect
    And the ledger adds up to what the agent earned

    Examples:
      | act      |
      | purchase |
      | sell     |

  Scenario Outline: A <act> never reaches the game
    When the next <act> vanishes on its way
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the refinery sold us 80 COPPER
    And the works was sold 80 COPPER
    And the lost trade was settled: it took no effect
    And the ledger adds up to what the agent earned

    Examples:
      | act      |
      | purchase |
      | sell     |

  Scenario Outline: Fuel is not paid twice either
    Given a hauler HAULER-2 at the depot with 20 fuel left
    When <mishap>
    And HAULER-2 carries out the ACQUIRE of COPPER
    Then the DELIVER of COPPER is COMPLETED
    And fuel was bought for HAULER-2
    And the ledger adds up to what the agent earned

    Examples:
      | mishap                               |
      | the answer to the next refuel is lost |
      | the next refuel vanishes on its way   |

  Scenario: A lost request may still be under way: it is not judged too early
    When the next purchase vanishes on its way
    And HAULER-1 carries out the ACQUIRE of COPPER until a purchase is in doubt
    And 24 seconds pass
    And what is due is done
    Then the trade is still in doubt
    And the refinery sold us 0 COPPER
    When 2 seconds pass
    And what is due is done
    Then the lost trade was settled: it took no effect

  Scenario: A request that was never sent is known not to have happened
    When there is no call left in the API budget for a purchase
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then no trade was ever in doubt
    And the refinery sold us 80 COPPER
    And the ledger adds up to what the agent earned

  Scenario: What a lost purchase cost is read from the market's own list
    When the price of COPPER at the refinery rises just before HAULER-1 buys, and the answer is lost
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the ledger has what the game charged, not what was quoted
    And the ledger adds up to what the agent earned

  Scenario: A market that no longer lists a lost trade
    When the answer to the next purchase is lost, and the refinery forgets it
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then the refinery sold us 80 COPPER
    And the lost trade was settled: reckoned at its quote

  Scenario: The credits promised to a purchase are free again when it is refused
    When the game refuses the next purchase
    And HAULER-1 carries out the ACQUIRE of COPPER
    Then no credits are promised to anything
    And the ledger adds up to what the agent earned

  Scenario: A pipeline that lost its factory does not trade there any more
    When HAULER-1 carries out the ACQUIRE of COPPER until it has bought
    And the pipeline has lost its right to the works
    And its errand goes on
    Then nothing was sold
    And the DELIVER of COPPER is FAILED
    And it was noted that "no longer holds X1-PX-B2"

  Scenario: What a ship pays is the ask, and what it receives is the bid
    When HAULER-1 carries out the ACQUIRE of COPPER
    Then every purchase cost the ask of its moment, and every sale brought the bid
    And the ledger adds up to what the agent earned
