"""`hub camera calibrate`: a local page on which an admin shows where floors and columns are in the picture."""
