"""What the fleet does, one module for each service of the plan. Services know the domain's ports only."""
