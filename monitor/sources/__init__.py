"""Where posts and counts come from; one file per kind of source."""
