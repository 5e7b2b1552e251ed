Feature: PipelinePlanner
  How an opportunity would be taken: what to buy where, what to deliver, collect and sell.

  Background:
    Given a fleet in the pocket system
    And a hauler HAULER-1 at the capital
    And ELECTRONICS is SCARCE at the capital

  Scenario: A product that is plentiful is simply collected and sold
    Given ELECTRONICS is ABUNDANT at the works
    When opportunities are looked for
    Then a COLLECTION of ELECTRONICS is under way with these tasks
      | task    | units | good        | at          | after                  |
      | COLLECT | 60    | ELECTRONICS | the works   |                        |
      | SELL    | 60    | ELECTRONICS | the capital | COLLECT of ELECTRONICS |

  Scenario: A product that is not plentiful is made: every input is brought, then it is collected
    When opportunities are looked for
    Then a FABRICATION of ELECTRONICS is under way with these tasks
      | task    | units | good             | at           | after                                            |
      | ACQUIRE | 80    | SILICON_CRYSTALS | the mine     |                                                  |
      | DELIVER | 80    | SILICON_CRYSTALS | the works    | ACQUIRE of SILICON_CRYSTALS                      |
      | ACQUIRE | 80    | COPPER           | the refinery |                                                  |
      | DELIVER | 80    | COPPER           | the works    | ACQUIRE of COPPER                                |
      | COLLECT | 60    | ELECTRONICS      | the works    | DELIVER of SILICON_CRYSTALS, DELIVER of COPPER   |
      | SELL    | 60    | ELECTRONICS      | the capital  | COLLECT of ELECTRONICS                           |
    And nothing was bought

  Scenario: An input that is scarce everywhere is left out, and the plan says so
    Given COPPER is SCARCE everywhere it is sold
    And COPPER_ORE is SCARCE everywhere it is sold
    When opportunities are looked for
    Then no ACQUIRE of COPPER was planned
    And an ACQUIRE of SILICON_CRYSTALS was planned
    And the plan notes that there is no plentiful source of COPPER

  Scenario: Raw goods are bought by the same rule
    Given SILICON_CRYSTALS is LIMITED everywhere it is sold
    When opportunities are looked for
    Then no ACQUIRE of SILICON_CRYSTALS was planned
    And an ACQUIRE of COPPER was planned

  Scenario: Nothing is started when no input can be had
    Given SILICON_CRYSTALS is SCARCE everywhere it is sold
    And COPPER is LIMITED everywhere it is sold
    And COPPER_ORE is LIMITED everywhere it is sold
    When opportunities are looked for
    Then no pipeline is under way
    And it was noted why there is none for ELECTRONICS

  Scenario: An input that is plentiful at the factory is not fed while another starves
    Given COPPER is HIGH at the works
    When opportunities are looked for
    Then no ACQUIRE of COPPER was planned
    And an ACQUIRE of SILICON_CRYSTALS was planned

  Scenario: A factory is not fed beyond what it takes before the input is HIGH
    Given the works has 95 more COPPER than usual
    When opportunities are looked for
    Then the ACQUIRE of COPPER is of 25 units

  Scenario: An intermediate that nobody has plenty of is made first
    Given COPPER is LIMITED everywhere it is sold
    When opportunities are looked for
    Then the FABRICATION of ELECTRONICS brings COPPER_ORE from the mine to a refinery
    And COPPER is collected there and delivered to the works

  Scenario: No deeper than the player wants
    Given COPPER is LIMITED everywhere it is sold
    And pipelines have one level at most
    When opportunities are looked for
    Then no ACQUIRE of COPPER_ORE was planned
    And the plan notes that there is no plentiful source of COPPER

  Scenario: The more plentiful source is chosen, even where another is cheaper
    Given COPPER is MODERATE at the old refinery, and cheaper there
    And COPPER is HIGH at the refinery
    When opportunities are looked for
    Then the ACQUIRE of COPPER is at the refinery

  Scenario: Among equals the nearer source is chosen
    Given COPPER is HIGH at the refinery
    And COPPER is HIGH at the old refinery
    When opportunities are looked for
    Then the ACQUIRE of COPPER is at the old refinery

  Scenario Outline: A visit collects three tranches of 20, or two where they leave the market MODERATE
    Given ELECTRONICS is <supply> at the works
    When opportunities are looked for
    Then the COLLECT of ELECTRONICS is of <units> units

    Examples:
      | supply   | units |
      | ABUNDANT | 60    |
      | HIGH     | 40    |

  Scenario: No more is sold than the market pays well for
    Given ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS sells in tranches of 60 at the works
    And the capital takes only 20 ELECTRONICS before its bid is too low
    When opportunities are looked for
    Then the COLLECT of ELECTRONICS is of fewer than 80 units

  Scenario: Who comes second sees what the market will have when the first has sold
    Given a pipeline that is about to sell 60 ELECTRONICS at the capital
    When opportunities are looked for
    Then no COLLECT of ELECTRONICS was planned

  Scenario: Who comes second sees what the source will have when the first has bought
    Given a pipeline that is about to buy 300 COPPER at the refinery
    When opportunities are looked for
    Then no ACQUIRE of COPPER was planned at the refinery

  Scenario: What does not pay is not begun
    Given ELECTRONICS is SCARCE at the works
    When opportunities are looked for
    Then no pipeline is under way
    And it was noted why there is none for ELECTRONICS

  Scenario: Of two factories the one that earns more per hour of ship time is used
    Given ELECTRONICS is ABUNDANT at the works
    And ELECTRONICS is SCARCE at the depot
    When opportunities are looked for
    Then one pipeline for ELECTRONICS is under way

  Scenario: A factory that hauls keep running is left to them
    Given ships that would be idle take hauls
    And the works have run for a while, with plenty of all they need
    And ELECTRONICS is ABUNDANT at the works
    When opportunities are looked for
    Then there is no pipeline for ELECTRONICS

  Scenario: A small ship carries a small quantity
    Given HAULER-1 is a shuttle that carries 40 units
    And ELECTRONICS is ABUNDANT at the works
    When opportunities are looked for
    Then the COLLECT of ELECTRONICS is of 40 units
