"""What an operator says to render services."""
