"""The pages of rights holders."""
