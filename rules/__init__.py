"""What it means and what to do: pure decisions in `domain`, the passes that run when time passes in `engine`."""
