"""Checks of products, for hooks and tests."""
