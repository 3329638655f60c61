"""Warning campaigns: planned from a calendar, approved by a second person, sent once, counted."""
