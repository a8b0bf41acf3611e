"""Measures bigcat against others at the same jobs, on one machine, in one interleaved run."""
