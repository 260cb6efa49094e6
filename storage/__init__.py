"""What is remembered: one database, one writer, one clock. It knows the rules' values and no vendor but the database."""
