"""Where heads go so that the node itself cannot take them back: a file, a superior node."""
