"""The lines of a running node's chain, as an export has them and an examination takes them."""
