"""The scope as a condition of SQL: the one place where it becomes one."""
