"""The bill of materials: `make sbom`."""
