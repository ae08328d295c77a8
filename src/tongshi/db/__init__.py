"""The store: SQLAlchemy Core over SQLite (WAL) by default, PostgreSQL by url.

In: a url, jobs that write, buffers that are drained on a timer.  Out: an engine to read from, one
`writer.Writer` through which every change goes.  `tables` is the whole schema; `migrate` brings a
store up to it at start.  `run` remembers when the process lived, so that states after a killed
process are told honestly.  SQL itself stands in the ``store.py`` of each domain package.
"""
