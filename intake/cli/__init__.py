"""The commands of coordinators and operators."""
