"""Revisions; each stands as it was published, whatever became of the tables since."""
