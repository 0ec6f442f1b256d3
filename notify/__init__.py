"""How people are reached: one channel a file, one contract."""
