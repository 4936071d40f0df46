"""The witness, as the program that it is."""
