"""PostgreSQL, the truth: tables, the mapping of entities onto them, repositories and the unit of work."""
