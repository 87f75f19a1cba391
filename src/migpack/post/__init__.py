"""Letters by e-mail: drafts, sending, the ledger of who was told what, and what came back undelivered."""
