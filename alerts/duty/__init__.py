"""Duty: who is there and when, who is called to what, and what they read."""
