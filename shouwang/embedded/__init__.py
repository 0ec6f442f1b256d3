"""The database and the broker that come with the program, for machines that have neither."""
