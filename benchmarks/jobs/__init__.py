"""What is measured, one job a module, and how its figures are shown."""
