"""Does code that runs keep running? Releases described, remembered and compared."""
