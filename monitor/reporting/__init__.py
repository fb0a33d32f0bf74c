"""Reports, from what is stored alone: of one incident, and of a month."""
