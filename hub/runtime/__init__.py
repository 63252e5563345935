"""Puts the floors together and runs the hub."""
