"""Makes sample_data/: invented exams, with images, messages and what must come of each."""
