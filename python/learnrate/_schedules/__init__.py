"""The classes of schedules: a file each, with signature, rules, segments and documentation."""
