"""What an annotated project is and how it changes: frozen values and pure functions on arrays (floor 0)."""
