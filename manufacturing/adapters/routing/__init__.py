"""Finds ways through a system."""
