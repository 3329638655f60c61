"""What a campaign reached: figures, a page, a table. No figure can be used to find a person."""
