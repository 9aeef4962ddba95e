"""The parts of `bench.scale`: each measures one thing at the size of a real archive."""
