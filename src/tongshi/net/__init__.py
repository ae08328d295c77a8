"""Sockets and time for any protocol core without I/O.

In: a core (bytes and time in; bytes, events and a deadline out) and addresses to listen on or to
call.  Out: its datagrams and messages on the wire, its events through one callable.  ``carrier``
joins one core with any number of links; ``udp`` and ``tcp`` are the links; ``task`` owns tasks;
``descriptors`` sees to it that there are enough of them.
A peer that sends nothing, too much or never reads costs a bounded amount and delays nobody.
"""
