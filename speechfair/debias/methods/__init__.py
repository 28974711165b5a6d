"""The methods that ship, one file each; each is registered as an entry point of the group ``speechfair.debias``."""
