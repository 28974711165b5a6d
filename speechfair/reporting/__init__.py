"""Pages and files for people, made from a finished run folder. They show what `audit.json` holds."""
