"""Programs of consent."""
