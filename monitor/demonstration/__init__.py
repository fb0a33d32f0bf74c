"""What the demonstration is made of: a fictional airline's configuration and its posts."""
