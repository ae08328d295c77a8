"""Media without I/O: datagrams of a stream in, fMP4 for many viewers out.

What enters: RTP datagrams (or the bytes of a TCP connection) as they arrived, and ``now`` in
seconds.  What leaves: access units, fMP4 fragments to the readers of a hub, figures.  A peer's
faults never raise: they are repaired or dropped, and counted.

::

    datagrams ---------+
                       v
    bytes -> tcpframe.Framer -> rtp.Receiver -> Frame -> payload.Payloads -> AccessUnit
                                (reorder.Window)  |      (ps.Demuxer,           |
                                                  |       nalpayload)           v
                                           sender.Relay             fmp4.Fragmenter -> hub.Hub

    simulator:  AccessUnit -> ps.Muxer.pack -> sender.Sender.packets -> datagrams

:class:`tongshi.media.stream.Pipeline` is the whole upper path for one stream, and what a gateway
uses.  :class:`tongshi.media.unit.AccessUnit` is the only currency between the parts.

Clauses: GB/T 28181-2022 annexes C and D; RFC 3550, 4571, 6184, 7798; ISO/IEC 13818-1 2.5;
ISO/IEC 14496-12 and -15; ITU-T G.711, H.264, H.265.
"""
