"""The site: form files, languages, templates and the static renderer."""
