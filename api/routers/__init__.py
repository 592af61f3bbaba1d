"""The gateway's routes, by what they give: JSON, pages, pictures."""
