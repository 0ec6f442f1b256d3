-- An area is named by its path, which holds dots; over the API each record has a number.
ALTER TABLE area ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
