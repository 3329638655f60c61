"""Cards as pictures to save and show at the police station."""
