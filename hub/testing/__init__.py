"""The test kit for guests, published as a pytest plugin."""
