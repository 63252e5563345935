"""Plain frozen types that every floor shares."""
