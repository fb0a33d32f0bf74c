"""Incidents: how they open, belong together, go on and end, and what people do with them."""
