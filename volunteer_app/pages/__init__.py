"""What people see; also the root of the templates."""
