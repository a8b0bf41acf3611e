"""A rush of simulated buyers on real servers that are killed, and the proof that nothing breaks.

Nothing is imported here: `node_process` must come before whatever keeps a function of the clock.
"""
