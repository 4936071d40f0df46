"""The pages of rights holders that show videos."""
