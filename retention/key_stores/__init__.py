"""Key stores: they hold deletion keys, outside every database."""
