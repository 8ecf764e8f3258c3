"""How fast the portal is, against Flask itself, against a house ten times larger, on a slow phone: `make bench`."""
