"""Who may use which likeness: parties, what they granted, and whether a use is covered."""
