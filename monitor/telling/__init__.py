"""What people are told of an incident, and to whom it is closed."""
