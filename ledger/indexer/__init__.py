"""Following the log into the database: `follow` decides, `project` computes, `run` performs."""
