"""The pages of the takedown desk."""
