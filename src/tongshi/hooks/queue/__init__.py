"""The queues of webhooks: notices in, deliveries out, one after the other, each hook by itself.

service  the tasks
"""
