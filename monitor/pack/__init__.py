"""The offline pack: what one needs at night when nothing else works, in one file on the phone."""
