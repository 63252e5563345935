"""How guests live: declarations, links, ports, supervisor, workers."""
