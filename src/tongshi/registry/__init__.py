"""What is there: devices that register here, the channels of their catalogs, their tree.

In: registrations, DeviceInfo answers, gathered catalogs (complete or partial).  Out: pages,
searches, levels of the tree, counts; every query goes through one scope.

`item` says what kind of thing a catalog entry is and where it hangs (GB/T 28181-2022 A.2.1.9,
Annex E, Annex J); `merge` compares a gathered catalog with the stored one; both are pure.
A partial catalog never removes; removal is a date, not a DELETE.
"""
