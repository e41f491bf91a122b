"""Class heads, which map features to class evidence."""
