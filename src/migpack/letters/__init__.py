"""Letters to every patient: a practice's list of patients in, letters, and files for those who send letters and texts, out."""
