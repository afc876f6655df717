"""The Python SDK of crossloop: everything an adapter needs that is not its implementation's.

An adapter is an `adapter.Adapter` value, a mapping of operations onto calls, given to `server.serve`. The SDK reads and
answers the protocol, performs Programs, and records Histories. Standard library only, CPython 3.8 and later.
"""
