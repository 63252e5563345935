"""The automation engine and the library of ready automations."""
