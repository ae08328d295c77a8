"""Alarms that devices raise, and what people did about each.

In: reports as signalling tells them; what people do: acknowledge, assign, close.  Out: pages,
counts by state, the history of each alarm, which is only ever added to.

An alarm is about a camera or a device, never about who is in the picture: its kind is the code
that the device sent, and nothing is concluded from it.

Clauses: GB/T 28181-2022 9.4, A.2.5.3, A.2.3.1.6 (reset).

    alarm    what an alarm is, its states and what may follow what; pure
    store    the statements
    service  recording without waiting, handling, answering
"""
