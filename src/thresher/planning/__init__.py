"""What a training run will cost on this machine, measured before it is begun."""
