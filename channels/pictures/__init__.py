"""From the bytes of a picture to its words: checked, read by OCR in a process of its own, in reading order."""
