"""Sequencer, publisher, followers, checker and keys, each as a command."""
