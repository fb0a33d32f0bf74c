"""What happens after a surge: incidents and their life, briefings, public words, notifiers."""
