"""Tests of the programs that made the people of the demo."""
