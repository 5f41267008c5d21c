"""The requester's pages for browsers without JavaScript."""
