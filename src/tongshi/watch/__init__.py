"""Self-watch: rules about accounts whose looks are unusual; findings for the auditor."""
