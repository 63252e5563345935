"""Who is there and who should hear: persons, roles, areas, audiences."""
