"""A working day of two coordinators, carried out on any version of the desk, with each press counted.

docs/evidence/working-day.md has the counts. `day` says what the two want to do, `hands` counts, `desk_today` is this
version's desk, and `desk_1eada43` is the desk that this one is compared with. `any_desk` is what both have in common.
"""
