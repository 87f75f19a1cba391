"""Pages → files: one module a format. Each takes what is planned and rendered and gives bytes; none touches the disk."""
