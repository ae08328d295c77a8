"""Who may do what, and who looked at what.

In: names and passwords, tokens of web sessions, looks about to begin.  Out: signed-in people,
`permission` answers, the `scope` of every query, the access register (信息调用登记).

`identity`, `permission`, `scope` and `register` are pure; `service` owns hashing, chance and time.
An entry of the register is on disk before the picture flows, and nothing in it is ever changed:
an ending is a record of its own.
"""
