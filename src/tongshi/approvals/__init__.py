"""Purposes, requests and emergencies: what needs somebody's yes, who gives it, and for how long.

In: what people state before they look, what they ask for, what others decide.  Out: a reason that
the access register can carry, and grants with the origin ``approval:N`` or ``break-glass:N``: who
looks is stopped or let through by grants alone, and never by a request.

``purpose``, ``request``, ``content``, ``policy`` and ``glass`` are pure.  `purposes` keeps the
purposes, `delegates` who decides in whose place, `emergency` the broken glass and its
after-reviews, ``service`` the requests.

Source: State Council Order 799, articles 16(2), 20, 21, 22.
"""
