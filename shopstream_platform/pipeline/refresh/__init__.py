"""What a refresh has to do, and how it was found."""
