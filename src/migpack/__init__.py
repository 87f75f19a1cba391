"""migpack: one practice file becomes a whole pack of clinical-system migration documents."""

__version__ = "0.1.0"
FORMATS = ("html", "pdf", "docx", "txt", "ics", "xlsx")
