"""Models behind an HTTP server, and the client that they share."""
