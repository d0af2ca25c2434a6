"""This project beside other toolkits, on the same network, image, layer and objective."""
