"""When things go, and the keys whose loss makes them go. Knows stores only through `retention.ports`."""
