"""Roots of the API: each field translates its input, calls one verb, translates the answer."""
