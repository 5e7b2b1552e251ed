"""Decides which ship takes which errand."""
