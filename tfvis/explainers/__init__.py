"""Methods that explain images, a file each; see `base` for their common protocol."""
