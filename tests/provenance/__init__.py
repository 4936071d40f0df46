"""Tests of the videos: stamps, verification, the four gates, serving."""
