"""Makes the weights of the second reader from the corpora, and says how well it reads texts of authors it has not learned from."""
