"""The admin's files: YAML with positions, schemas and faults."""
