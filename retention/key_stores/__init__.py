"""Key stores: where the keys of days lie, outside every database."""
