"""The command line. One file per verb; each only parses, calls one public function, and prints."""
