"""Who takes part: each on the same PostgreSQL server, with bigcat's tables and the same rows."""
