"""Tokens of programs that call the interface: what they may, how much, and what they used."""
