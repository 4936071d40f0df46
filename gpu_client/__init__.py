"""Code we run as a client of a render service. Nothing here decides consent; it asks `consent` again and again."""
