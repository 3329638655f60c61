"""Getting the assistant onto a machine and keeping its processes alive."""
