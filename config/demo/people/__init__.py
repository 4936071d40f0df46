"""The demo's people, who are nobody, and the programs that made them."""
