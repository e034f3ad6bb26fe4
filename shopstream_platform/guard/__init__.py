"""A guard in front of a web server on a shared machine: who may ask, from which page, and for what. See README.md."""
