"""The metrics of this package, one file each. The entry-point group ``speechfair.metrics`` names them."""
