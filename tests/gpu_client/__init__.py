"""Tests of the app that talks to render services, and of the reference renderer."""
