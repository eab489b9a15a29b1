"""The security audit of what the project applies: `make audit`."""
