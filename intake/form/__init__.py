"""The requester's API: assignment offers, new cases, follow-ups and published deletions."""
