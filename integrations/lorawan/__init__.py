"""LoRaWAN sensors through ChirpStack or The Things Stack: envelopes, duplicates, built-in decoders."""
