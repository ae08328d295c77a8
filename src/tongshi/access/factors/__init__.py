"""The second factor: one-time codes of a device that the person has, and codes for its loss.

In: secrets, sealed under the node's key, and codes.  Out: whether a code is right, and only once.

`code` (RFC 6238 in steps of 30 s, recovery codes) and `seal` are pure; `store` spends codes;
`service` has the key and the chance.
"""
