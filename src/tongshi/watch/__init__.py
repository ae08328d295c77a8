"""Self-watch: stated rules about accounts; what is unusual becomes a finding for the auditor.

In: the access register and the audit chain, read in slices behind a cursor.  Out: findings, each
with its rule, figure, threshold, window and the entries behind it, until an auditor explains or
escalates it.

``trace`` (what an account did), ``past`` (what it and its role usually do), ``rule`` (THE table)
and ``finding`` are pure; ``store`` has the statements, ``service`` the loop.

The rules are about those who look.  They never read, count or describe who or what is on a picture.
"""
