"""Programs that the tests of this app run in a confined process."""
