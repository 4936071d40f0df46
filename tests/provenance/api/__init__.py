"""The routes of videos."""
