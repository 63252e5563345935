"""Built-in integrations, one folder each."""
