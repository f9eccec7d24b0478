"""Secrets by reference: where they are kept, and the credentials that are made of them."""
