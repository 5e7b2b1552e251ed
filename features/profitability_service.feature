Feature: ProfitabilityService
  What a pipeline is expected to earn, and how far that was true. It advises, and never stands in the way.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the works
    And ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the capital

  # Forecasting

  Scenario: Every pipeline begins with its forecast
    Given somebody reads the log
    When opportunities are looked for
    Then the pipeline for ELECTRONICS has a forecast
    And the forecast brings 60 ELECTRONICS from the works to the capital
    And the forecast's profit is its revenue less its cost, corrected by what was learned
    And the forecast's interval holds its profit
    And the forecast keeps the quotes of ELECTRONICS at the works and the capital
    And the forecast is logged as [PROFIT_FORECAST]

  Scenario: A forecast names every leg of what has to be made first
    Given ELECTRONICS is MODERATE at the works
    When opportunities are looked for
    Then the forecast's legs are, in any order
      | good             | from         | to          |
      | SILICON_CRYSTALS | the mine     | the works   |
      | COPPER           | the refinery | the works   |
      | ELECTRONICS      | the works    | the capital |
    And the forecast counts waiting for the output

  Scenario: Where the price law is known and nobody interferes, a forecast is true to the credit
    When opportunities are looked for
    And the fleet goes on until a pipeline has ended, for at most 1 hour
    Then the COLLECTION of ELECTRONICS is COMPLETED
    And the game charged and paid what the walk of the forecast had said, to the credit

  Scenario Outline: The older the prices, the less a forecast is to be trusted
    Given nothing has moved for an hour, and the markets were last seen <minutes> minutes ago
    When opportunities are looked for
    Then the forecast's confidence is <confidence>

    Examples:
      | minutes | confidence |
      | 1       | HIGH       |
      | 20      | MEDIUM     |
      | 90      | LOW        |

  Scenario: A good whose price has moved much within the hour is not to be trusted
    Given ELECTRONICS becomes MODERATE at the works
    And ELECTRONICS becomes ABUNDANT at the works
    When opportunities are looked for
    Then the forecast's confidence is LOW

  Scenario: A forecast that cannot be made stops nothing
    Given forecasts cannot be made
    When opportunities are looked for
    Then a pipeline for ELECTRONICS is EXECUTING
    And the pipeline for ELECTRONICS has no forecast
    And it was noted that "no forecast"

  # Quantities

  Scenario: As much is worth taking as earns something
    Then the optimal quantity of ELECTRONICS for a hold of 40 is 40 from the works
    And the optimal quantity of ELECTRONICS for a hold of 10 is 10 from the works
    And a hold larger than what one visit may buy does not change the optimal quantity of ELECTRONICS

  Scenario: Of a good that nobody has enough of, nothing is worth taking
    Given ELECTRONICS is SCARCE at the works
    Then the optimal quantity of ELECTRONICS for a hold of 80 is 0

  Scenario: Of a good that the market has enough of, nothing is worth taking
    Given ELECTRONICS is ABUNDANT at the capital
    And ELECTRONICS is MODERATE at the works
    Then the optimal quantity of ELECTRONICS for a hold of 80 is 0

  # Ranking

  Scenario: Plans are ranked by what an hour of a ship earns, or by what a credit earns
    Given these plans
      | good        | cost    | profit | minutes |
      | ELECTRONICS | 1,000   | 4,000  | 60      |
      | MACHINERY   | 100,000 | 20,000 | 10      |
    Then the best plan by PROFIT_PER_SHIP_HOUR is that for MACHINERY
    And the best plan by ROI is that for ELECTRONICS

  # Comparing

  Scenario: When a pipeline ends, its forecast is compared with its ledger
    Given somebody reads the log
    When opportunities are looked for
    And the fleet goes on until a pipeline has ended, for at most 1 hour
    Then the forecast's actual profit is the sum of the pipeline's ledger entries
    And the forecast knows how far it was off
    And the forecast is logged as [PROFIT_VALIDATION]

  Scenario: A pipeline that is cancelled is compared as well
    When opportunities are looked for
    And the pipeline is cancelled
    Then the forecast's outcome is CANCELLED
    And the forecast's actual profit is the sum of the pipeline's ledger entries

  Scenario: What came of a forecast is entered once
    When opportunities are looked for
    And the forecast is told that it earned 5,000 credits
    And the forecast is told that it earned 9,000 credits
    Then the forecast's actual profit is 5,000 credits

  Scenario: An error that comes back is learned, and the next forecast is corrected
    Given 40 pipelines for ELECTRONICS have earned 30 percent less than was forecast
    When opportunities are looked for
    Then the forecast is corrected by about minus 30 percent

  Scenario: Pipelines that were cancelled teach nothing
    Given 40 pipelines for ELECTRONICS were cancelled with nothing earned
    When opportunities are looked for
    Then the forecast is corrected by about minus 0 percent
