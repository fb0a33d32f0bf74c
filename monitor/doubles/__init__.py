"""Doubles of the platforms: real servers on real sockets that keep the documented limits.

They serve simulated or recorded posts, so that the demonstration, the tests and the benchmarks run
the daemon as it runs in earnest.
"""
