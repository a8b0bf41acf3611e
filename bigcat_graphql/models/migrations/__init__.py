"""The tables' history: generated, edited and reviewed by hand; run by `bigcat migrate`."""
