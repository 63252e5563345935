"""Clock, bus, states and actions: the running heart of the hub."""
