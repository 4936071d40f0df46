"""The videos that exist, where they came from, and whether they may be seen."""
