"""What proves the product from outside: clients, viewers, processes, and fuzzing of every parser.

In: the address of a running node, a command to run, or bytes that a fuzzer made.  Out: what a
browser would have seen, as pictures and counters; lines and exit status; an exception where a
parser broke its promise.

This package is a leaf: commands and tests import it, the product never.
"""
