"""Files from outside: every byte is hostile until the guard and the sandbox have answered. Nothing needs Django."""
