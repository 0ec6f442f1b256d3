"""The broker's door: whoever may sign in there is what the database says, and acts at once."""
