"""Sealed Intake on a PostgreSQL cluster of three machines, while machines fail: `make cluster`.

Each machine is a network namespace. The programs are the real ones: Patroni, etcd, PostgreSQL, HAProxy and `intake`.
"""
