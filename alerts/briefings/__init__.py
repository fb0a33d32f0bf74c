"""Briefings: what is known of an incident, in plain statements, with its chart; agent briefs."""
