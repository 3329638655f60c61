"""What a campaign document must keep to, one kind of rule a file; ``campaigns/lint.py`` runs them all."""
