"""Exercises: a bad day that is made up, for a team that is real."""
