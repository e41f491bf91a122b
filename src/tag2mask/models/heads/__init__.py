"""Class heads: how features become class evidence."""
