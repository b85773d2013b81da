"""What machines send in, and what they fetch: a dealership's side of the API."""
