"""Signing in at an OpenID Connect provider, for accounts that an administrator bound to it.

In: the provider's documents and tokens.  Out: who it says somebody is, proved by its signature.

`claim` (what a token must say) is pure; `service` speaks to the provider and holds nothing: what
must be remembered between going and coming back is in a sealed cookie of the browser that went.
"""
