"""What is wrong with recordings, found before a training run is wasted on them."""
