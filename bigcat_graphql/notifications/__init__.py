"""Messages and tickets: what to say, and how to send it."""
