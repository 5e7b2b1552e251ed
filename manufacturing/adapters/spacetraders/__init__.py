"""The game's HTTP API (docs/game.md, "The API")."""
