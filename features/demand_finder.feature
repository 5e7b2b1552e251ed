Feature: DemandFinder
  Markets that pay well for what they lack, of goods the system can make.

  Background:
    Given a fleet in the pocket system

  Scenario Outline: Only a market that lacks the product is an opportunity
    Given ELECTRONICS is <supply> at the capital
    Then <found> opportunity for ELECTRONICS is found

    Examples:
      | supply   | found |
      | SCARCE   | one   |
      | LIMITED  | one   |
      | MODERATE | no    |
      | HIGH     | no    |
      | ABUNDANT | no    |

  Scenario: The dearest opportunity comes first
    Given ELECTRONICS is LIMITED at the capital
    And ELECTRONICS is SCARCE at the depot
    And MACHINERY is LIMITED at the capital
    Then the opportunities are, in this order
      | good        | at          |
      | MACHINERY   | the capital |
      | ELECTRONICS | the depot   |
      | ELECTRONICS | the capital |

  Scenario: A product that is already under way is left out
    Given ELECTRONICS is SCARCE at the capital
    And a pipeline "first" for ELECTRONICS
    Then no opportunity for ELECTRONICS is found

  Scenario: A cheap good is not worth a pipeline, however scarce
    Given COPPER is SCARCE at the works
    Then no opportunity for COPPER is found

  Scenario: What may be worth a pipeline is the player's choice
    Given COPPER is SCARCE at the works
    And products from a bid of 100 on are worth a pipeline
    Then one opportunity for COPPER is found

  Scenario: A product that nobody is known to make is no opportunity
    Given ELECTRONICS is SCARCE at the capital
    And nobody has ever seen the works
    Then no opportunity for ELECTRONICS is found
