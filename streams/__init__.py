"""Everything that runs: topology, runtime, embedded parts, command line."""
