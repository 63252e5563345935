"""The web floor: one aiohttp application, deny by default."""
