"""Lantern Shop: sells lanterns, takes payments, remembers orders."""
