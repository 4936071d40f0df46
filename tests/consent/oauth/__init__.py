"""OAuth 2 for apps."""
