"""Who may do what, and who looked at what.

In: names and passwords, tokens of web sessions, looks about to begin.  Out: signed-in people,
`permission` answers, decisions by `grant` with their reasons, the `scope` of every query, the
access register (信息调用登记).

`identity`, `permission`, `grant`, `cover`, `cell`, `scope` and `register` are pure; the doors
called ``service`` own hashing, chance and time.  `granting` decides, `sight` makes a scope a
condition of SQL, `placing` numbers what grants know cameras by, `marking` keeps marks.
An entry of the register is on disk before the picture flows, and nothing in it is ever changed:
an ending is a record of its own.
"""
