"""`bigcat fairness-sim`: people, bots and farms in front of a sale, and what each of them got."""
