"""Skills and evidence on the site: macros and a Markdown extension."""
