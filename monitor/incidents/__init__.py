"""Incidents: what surges, words and people do to them, each in the transaction that stores it."""
