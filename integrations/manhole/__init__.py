"""Manhole covers: tilt, opening, absence, flooding, damage and silence."""
