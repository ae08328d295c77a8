"""Recordings that are fetched from devices: a queue that survives restarts, and their files.

What enters: who wants which span of which camera, and why; what the engine tells of a download.
What leaves: MP4 files with their digests, the state of each download, the space they take.

``download`` holds the rules and is pure; ``store`` the statements, ``service`` the work.

Clauses: GB/T 28181-2022 9.9.
"""
