"""What each model does and why each setting is what it is: pages made from the network itself."""
