"""A server as a child process: its ports, its state, and who may start it."""
