"""How much configuration is too much."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one configuration; far above any honest one, far below what would hurt the machine."""

    depth: int = 64
    nodes: int = 500_000
    alias_nodes: int = 10_000
    file_bytes: int = 8 * MEBIBYTE
    total_bytes: int = 32 * MEBIBYTE
    files: int = 5_000
    nested_includes: int = 64
