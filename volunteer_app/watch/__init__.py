"""The watch: is this process alive, can it take deliveries, what do its figures say, what should be mended."""
