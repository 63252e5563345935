"""Who may do what: accounts, principals, permissions."""
