"""The desk's API for the group: members, decisions, key rotation, recovery and snapshots."""
