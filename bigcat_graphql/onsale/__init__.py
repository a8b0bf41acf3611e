"""Opening a sale fairly: a lobby, a draw that anybody can check, and letting in by rank."""
