"""The daemon: sources in, notifications out, in one process with one writer."""
