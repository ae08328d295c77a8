"""Who is there: presence of devices as states with a reason, and its history.

In: what signalling heard or missed, the last moment of the run before.  Out: each device's state
(online, offline or unknown), since when, why, its last proof of life; intervals; availability
with unknown time apart (GB/T 28181-2022 9.6).

`status` and `interval` are pure; `service` owns the states in memory and writes changes in
batches.  After every start each device is unknown until it is heard from.
"""
