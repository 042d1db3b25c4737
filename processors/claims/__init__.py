"""What a text claims: figures and quotations in it, and whether they stand in what it rests on."""
