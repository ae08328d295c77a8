"""Tongshi (通视): the open, accountable video network over GB/T 28181."""
