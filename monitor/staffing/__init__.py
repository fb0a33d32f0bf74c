"""Who is on duty: calls, hand-overs, pauses; what is due is worked out from the store."""
