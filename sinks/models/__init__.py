"""Chat models behind endpoints, their prices, and the doubles that stand in for them."""
