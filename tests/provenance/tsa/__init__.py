"""Tests of the development time-stamping authority."""
