"""Where media meets sockets: RTP comes in, pictures go out to viewers and to other platforms.

Enters: RTP over UDP, over TCP to us and over TCP from us (GB/T 28181-2022 annexes C and D);
WebSockets of viewers, each with a ticket.
Leaves: fMP4 over WebSocket, the same RTP to another platform, JPEG pictures, and events that
say what became of each stream and each viewer.
Footage is steered besides, and written to files that a break does not spoil (``playout``,
``record``, ``finish``).
``engine`` has the face; ``engines.builtin`` runs it in this loop, ``engines.workers`` in
processes of their own.
"""
