"""What commands are asked to do, checked without any heavy library."""
