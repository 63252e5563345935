"""Figures anyone can measure again."""
