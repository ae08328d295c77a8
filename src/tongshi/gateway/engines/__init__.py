"""The engines: in this loop (``builtin``), and in processes of their own (``workers``)."""
