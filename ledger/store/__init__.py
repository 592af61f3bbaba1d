"""The door to the database. Nothing else imports sqlmodel, and no row leaves this package."""
