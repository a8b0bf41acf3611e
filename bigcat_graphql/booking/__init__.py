"""Reserving, confirming, releasing and reading bookings."""
