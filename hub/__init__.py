"""Linli Hub (邻里): an IoT hub for residential communities."""

__version__ = "0.1.0"
