"""What proves the product from outside: a viewer, and fuzzing of every parser.

In: the address of a running node, or bytes that a fuzzer made.  Out: what a browser would have
seen, as pictures and counters; an exception where a parser broke its promise.

This package is a leaf: commands and tests import it, the product never.
"""
