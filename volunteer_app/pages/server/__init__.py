"""How the server is: for whoever answers for it, and, without a number, for everybody."""
