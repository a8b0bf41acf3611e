"""GraphQL shapes: types, inputs, enums, scalars and errors, with the words that describe them."""
