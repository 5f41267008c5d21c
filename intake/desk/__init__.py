"""The coordinator's API: access, cases, decisions of the group, and notices."""
