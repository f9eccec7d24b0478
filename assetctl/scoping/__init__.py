"""From settings and flags to what one run may ask."""
