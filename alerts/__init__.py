"""What happens after a surge: incidents and their life, briefings, holding messages, notifiers."""
