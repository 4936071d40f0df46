"""The log, from its pure formats to its programs."""
