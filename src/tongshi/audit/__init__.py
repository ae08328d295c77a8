"""The audit chain: every security-relevant act, append-only, each bound to the one before.

In: acts, from the transactions that do them; heads of subordinate nodes.  Out: a chain of SHA-256
digests that begins with the node's own key, heads of it signed with that key (Ed25519), a file of
them for a witness, exports that anybody can check without a node.

`entry` (what an act is, and the table of all kinds), `chain`, `head`, `retention`, `statement` (the
lines of an export) and `verify` are pure.  `store.append` is called by every service that changes
something, in the transaction that changes it; `service` owns the key, the minute and the witness.
What all this proves, and what it cannot, stands in docs/design/audit.md.
"""
