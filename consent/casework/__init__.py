"""What every moderators' queue has in common. The packages whose items these are know nothing of it."""
