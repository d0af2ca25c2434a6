"""The papers' experiments: a configuration in, results out."""
