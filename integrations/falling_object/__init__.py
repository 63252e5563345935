"""Falling objects: finds a throw in a camera's pictures, names the window it left, estimates its weight."""
